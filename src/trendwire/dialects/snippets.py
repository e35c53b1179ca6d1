"""Code samples: one call of an endpoint in cURL, Python and JavaScript, with the key in `$TRENDWIRE_KEY`.

A sample states the parameters that must be given and those that have a default, as the contracts do.
"""

import json
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from trendwire.dialects.base import Endpoint

KEY_VARIABLE = "TRENDWIRE_KEY"


@dataclass(frozen=True, slots=True)
class Snippet:
    """`lang` is the language's short name, `label` its shown one."""

    lang: str
    label: str
    source: str


def snippets(endpoint: Endpoint, server: str) -> tuple[Snippet, ...]:
    """Samples against a server's address, such as `http://127.0.0.1:8000`."""
    base = server.rstrip("/")
    return (
        Snippet("curl", "cURL", _curl(endpoint, base)),
        Snippet("python", "Python", _python(endpoint, base)),
        Snippet("javascript", "JavaScript", _javascript(endpoint, base)),
    )


def _query(endpoint: Endpoint) -> dict[str, str]:
    return {
        row.name: row.example if row.required else row.default or ""
        for row in endpoint.parameters
        if row.place == "query" and (row.required or row.default is not None)
    }


def _url(endpoint: Endpoint, base: str) -> str:
    named = {row.name: quote(row.example, safe="") for row in endpoint.parameters if row.place == "path"}
    return base + endpoint.path.format(**named)


def _curl(endpoint: Endpoint, base: str) -> str:
    query = urlencode(_query(endpoint))
    url = f"{_url(endpoint, base)}?{query}" if query else _url(endpoint, base)
    credential = endpoint.dialect.credential
    return (
        f"curl --request {endpoint.method} \\\n"
        f"  --url '{url}' \\\n"
        f'  --header "{credential.header}: {credential.written(f"${KEY_VARIABLE}")}"'
    )


def _python(endpoint: Endpoint, base: str) -> str:
    query = _query(endpoint)
    credential = endpoint.dialect.credential
    value = credential.written("{os.environ['" + KEY_VARIABLE + "']}")
    lines = [
        "import os",
        "",
        "import requests",
        "",
        "response = requests.get(",
        f"    {json.dumps(_url(endpoint, base))},",
        *([f"    params={json.dumps(query)},"] if query else []),
        f'    headers={{"{credential.header}": f"{value}"}},',
        "    timeout=10,",
        ")",
        "response.raise_for_status()",
        "print(response.json())",
    ]
    return "\n".join(lines)


def _javascript(endpoint: Endpoint, base: str) -> str:
    query = _query(endpoint)
    credential = endpoint.dialect.credential
    value = credential.written("${process.env." + KEY_VARIABLE + "}")
    url = _url(endpoint, base) + ("?${params}" if query else "")
    lines = [
        *([f"const params = new URLSearchParams({json.dumps(query)});"] if query else []),
        f"const response = await fetch(`{url}`, {{",
        f"  headers: {{ '{credential.header}': `{value}` }},",
        "});",
        "console.log(await response.json());",
    ]
    return "\n".join(lines)
