"""A real server of calendars, by https, with a certificate of an authority of its own."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from meetings.feeds.fetching import Network
from meetings.feeds.guard import is_public

HOSTS = ("calendar.google.com", "outlook.office365.com")
DAY = timedelta(days=1)


class CalendarServer:
    """`pages` maps a path to (status, headers, body), or to a function of the request's handler; `asked`: what came."""

    def __init__(self, folder):
        self.pages = {}
        self.asked = []
        self.stopping = threading.Event()
        self.authority_file = folder / "authority.pem"
        self._key_file = folder / "server.pem"
        _write_certificates(self.authority_file, self._key_file)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # Clients that hang up are what is tested.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._key_file)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def start(self):
        self._thread.start()

    def stop(self):
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def trust(self):
        return ssl.create_default_context(cafile=self.authority_file)

    def network(self, **other):
        """The internet of a test: every name leads to this server, and this one machine counts as public."""
        return Network(**{"resolve": lambda _: ["127.0.0.1"], "trust": self.trust, "port": self.port, **TEST} | other)

    def reader(self, *seconds):
        """What CALENDAR_READER must be for a child process to read from here."""
        return ("tests.calendar_reader", str(self.authority_file), str(self.port), *map(str, seconds))

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server.asked.append((self.headers["Host"], self.path, dict(self.headers)))
                page = server.pages.get(self.path, (404, {}, b"nothing here"))
                if callable(page):
                    page(self)
                    return
                status, headers, body = page
                self.send_response(status)
                for name, value in {"Content-Length": len(body), **headers}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler


def is_this_machine_or_public(ip):
    return ip == "127.0.0.1" or is_public(ip)


TEST = {"may_be_asked": is_this_machine_or_public}


def drip(server, first=b"", seconds=0.05):
    """A page that never ends: a byte now and then."""

    def page(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + first)
        while not server.stopping.wait(seconds):
            handler.wfile.write(b"x")

    return page


def _write_certificates(authority_file, server_file):
    authority_key, authority = _certificate("Authority of the tests")
    key, certificate = _certificate("Calendars of the tests", HOSTS, authority_key, authority)
    authority_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    server_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )


def _certificate(name, hosts=(), signing_key=None, issuer=None):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if hosts:
        names = [x509.DNSName(host) for host in hosts]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return key, builder.sign(signing_key or key, hashes.SHA256())
