"""A small OpenID Connect provider: discovery, keys, tokens and a page about one person."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT_ID = "newsroom"
CLIENT_SECRET = "a secret of the provider"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _base64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class OidcProvider:
    """A provider that says of whoever comes what a test put into `claims`."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.claims: dict[str, Any] = {}
        self.token_claims: dict[str, Any] = {}  # in the token only, over everything else
        self.person: dict[str, Any] | None = None  # on the page about a person, instead of claims
        self.nonce = ""
        self.is_ill = False
        self.asked_for_tokens: list[dict[str, str]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.answer(self, {name: value for name, [value] in parse_qs(body).items()})

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        """Send what belongs to an address."""
        pages: dict[str, Callable[[], Any]] = {
            "/.well-known/openid-configuration": self._discovery,
            "/keys": self._keys,
            "/token": lambda: self._token(form),
            "/person": lambda: self.person if self.person is not None else self.claims,
        }
        page = pages.get(request.path)
        is_found = page is not None and not self.is_ill
        said: Any = page() if page and is_found else {}
        body = json.dumps(said).encode()
        request.send_response(200 if is_found else 500)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/log-in",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/person",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def _keys(self) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        key = {"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig"}
        return {"keys": [{**key, "n": _number(numbers.n), "e": _number(numbers.e)}]}

    def _token(self, form: dict[str, str]) -> dict[str, Any]:
        self.asked_for_tokens.append(form)
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "exp": int(time.time()) + 300,
            "nonce": self.nonce,
            **self.claims,
            **self.token_claims,
        }
        return {"id_token": self.sign(claims), "access_token": "a token", "token_type": "Bearer"}

    def sign(self, claims: dict[str, Any]) -> str:
        """Return claims as a signed token (RFC 7515)."""
        head = _base64(json.dumps({"alg": "RS256", "kid": "1"}).encode())
        text = f"{head}.{_base64(json.dumps(claims).encode())}"
        signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_base64(signature)}"
