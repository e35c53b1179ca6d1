"""The files under deploy/ do what the guide says, as far as a machine without systemd's and Docker's engines
shows.
"""

import http.client
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.heavy.cluster.conftest import until_accepted
from tests.house.tree import ROOT
from tests.serving import Server, create_key, free_port, running

DEPLOY = ROOT / "deploy"


def proxy(folder: Path, server: Server) -> int:
    """The port of an nginx that runs the server block of the guide in front of a server."""
    port = free_port()
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
    ]
    made += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(made, check=True, capture_output=True)
    block = (DEPLOY / "nginx.conf").read_text()
    for ours, theirs in {
        "127.0.0.1:8000": f"127.0.0.1:{server.port}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/trends.example.org.pem": str(folder / "cert.pem"),
        "/etc/ssl/trends.example.org.key": str(folder / "key.pem"),
    }.items():
        assert ours in block
        block = block.replace(ours, theirs)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}"
    (folder / "nginx.conf").write_text(f"{main} http {{ access_log off; {temporary} {block} }}")
    subprocess.run(
        ["nginx", "-t", "-c", folder / "nginx.conf", "-p", folder], check=True, capture_output=True
    )
    return port


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not on this machine")
def test_the_proxy_of_the_guide_passes_addresses_and_hides_the_admin_api(home: Path, tmp_path: Path) -> None:
    key = create_key(home, 1000, 100, addresses=("127.0.0.1",))
    elsewhere = create_key(home, 1000, 100, addresses=("198.51.100.7",))
    folder = tmp_path / "proxy"
    folder.mkdir()
    with running(home, trusted_proxies="127.0.0.1", admin_key="an-admin-key-of-24-chars") as server:
        port = proxy(folder, server)
        command = ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]
        with subprocess.Popen(command) as nginx:
            until_accepted(port)
            connection = http.client.HTTPSConnection(
                "127.0.0.1",
                port,
                context=ssl._create_unverified_context(),
            )

            def status(path: str, **headers: str) -> int:
                connection.request("GET", path, headers=headers)
                reply = connection.getresponse()
                reply.read()
                return reply.status

            path = "/v1/tiktok/trending/hashtags"
            assert status(path, Authorization=f"Bearer {key}") == 200
            # What the caller claims does not pass the proxy: its own address does.
            lie = {"X-Forwarded-For": "198.51.100.7"}
            assert status(path, Authorization=f"Bearer {elsewhere}", **lie) == 403
            assert status("/admin/v1/keys", Authorization="Bearer an-admin-key-of-24-chars") == 404
            assert status("/readyz") == 200
            connection.close()
            nginx.terminate()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "trendwire.service"
    text = (DEPLOY / "trendwire.service").read_text()
    unit.write_text(text.replace("/opt/trendwire/.venv/bin/trendwire", "/bin/true"))
    checked = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert "trendwire.service" not in checked.stderr
