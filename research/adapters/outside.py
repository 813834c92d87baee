"""What the settings say of the way out: proxy, authorities, trusted addresses, and what single tools need."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from research.engine.net.settings import HttpSettings

# The tool that reads pages of anybody's choice: it alone may read the intranet pages a deployment trusts.
_PAGES = "fetch_page"
# Options without which a tool can answer nothing.
_NEEDS = {"searxng": ("base_url",), "sensor_tower": ("auth_token",), "sec_edgar": ("user_agent",)}


def tool_options(name: str) -> dict[str, str]:
    """Return the settings of the tool called `name`, {} where it has none. Secrets among them are plain text."""
    conf = settings.MRD
    found = {
        "searxng": {"base_url": conf.searxng_url},
        "sensor_tower": {"auth_token": conf.sensor_tower_token.get_secret_value()},
        "sec_edgar": {"user_agent": conf.sec_user_agent},
    }.get(name, {})
    return {key: value for key, value in found.items() if value}


def is_set(name: str) -> bool:
    """Tell whether the tool called `name` has the settings it cannot do without."""
    return set(_NEEDS.get(name, ())) <= set(tool_options(name))


def trusted_origins(tool: str) -> tuple[str, ...]:
    """Return the origins whose addresses are not checked for `tool`: its own service's, as a deployment named it."""
    if tool == _PAGES:
        return tuple(settings.MRD.trusted_origins)
    base = tool_options(tool).get("base_url", "")
    parts = urlsplit(base)
    return (f"{parts.scheme}://{parts.netloc}",) if parts.netloc else ()


def http_settings() -> HttpSettings:
    """Return how the guarded client goes out."""
    conf = settings.MRD
    return HttpSettings(
        user_agent=conf.user_agent,
        interval_s=conf.host_interval_s,
        max_bytes=conf.upload_max_mb * 1024 * 1024,
        proxy=conf.http_proxy.get_secret_value() or None,
        ca_bundle=conf.ca_bundle,
    )
