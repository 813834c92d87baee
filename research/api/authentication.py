"""`Authorization: Bearer mrd_…`."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from research.models import ApiToken, User
from research.services import tokens

_PARTS = 2


class TokenAuthentication(BaseAuthentication):
    """Recognise a person by their key."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the key's person and the key, or None without a Bearer header. Raises `AuthenticationFailed`."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != _PARTS:
            raise AuthenticationFailed("Send the key as 'Authorization: Bearer mrd_…'.")
        token = tokens.recognise(key=parts[1].decode("latin-1"), now=timezone.now())
        if token is None:
            raise AuthenticationFailed("This key is not known or no longer valid: make a new one in the admin.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF's signature
        return 'Bearer realm="MRD Desk API"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Name the scheme in the OpenAPI schema."""

    target_class = "research.api.authentication.TokenAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002 - spectacular's signature
        return {"type": "http", "scheme": "bearer", "description": "A key made in the admin; it begins with mrd_."}
