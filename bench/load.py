"""Load by wrk on a core of its own, and what the server's process took meanwhile."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 64
WARM_SECONDS = 1

SCRIPT = """
local requests = {}
local at = 0
function init(args)
  for one in io.open("%s"):read("*a"):gmatch("[^%%z]+") do requests[#requests + 1] = one end
end
function request()
  at = at %% #requests + 1
  return requests[at]
end
function done(summary, latency, _)
  local failed = summary.errors
  local broken = failed.connect + failed.read + failed.write + failed.timeout
  io.write(string.format("RESULT %%d %%d %%d %%f %%f %%d\\n", summary.requests, summary.duration,
    failed.status, latency:percentile(50), latency:percentile(99), broken))
end
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `cpu`: seconds of the server's core. Times in milliseconds, memory in MB.

    `warmed`: requests answered before the clock ran.
    """

    requests: int
    seconds: float
    not_2xx: int
    p50: float
    p99: float
    broken: int
    cpu: float
    rss: float
    warmed: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def per_cpu_second(self) -> float:
        """Requests for each second of a core."""
        return self.requests / self.cpu

    @property
    def core(self) -> float:
        """How much of its core the server was busy."""
        return self.cpu / self.seconds

    def __str__(self) -> str:
        return f"{self.rate:>8,.0f}/s, p99 {self.p99:.1f} ms, core {self.core:.0%}"


def run(port: int, pid: int, requests: Path, seconds: float, core: int) -> Run:
    """Ask the server on `port` for so long, over 64 connections, after a second that does not count."""
    script = requests.with_suffix(".lua")
    script.write_text(SCRIPT % requests)
    warmed = _wrk(port, script, WARM_SECONDS, core)[0]
    before = _cpu(pid)
    count, micros, wrong, p50, p99, broken = _wrk(port, script, seconds, core)
    return Run(
        requests=int(count),
        seconds=micros / 1e6,
        not_2xx=int(wrong),
        p50=p50 / 1000,
        p99=p99 / 1000,
        broken=int(broken),
        cpu=_cpu(pid) - before,
        rss=_rss(pid),
        warmed=int(warmed),
    )


def _wrk(port: int, script: Path, seconds: float, core: int) -> list[float]:
    """What the script's last line says."""
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s"]
    command += ["-s", str(script), f"http://127.0.0.1:{port}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)", told)
    if found is None:
        raise RuntimeError(told)
    return [float(one) for one in found.groups()]


def _cpu(pid: int) -> float:
    """Seconds of processor time of a process, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1000 if found else 0.0
