"""What a deployment sets for the Claude engine. Read once where the application is put together, then frozen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, field_validator

from research.engine.domain.canonical import Frozen

Role = Literal["plan", "investigate", "extract", "synthesise", "require", "judge", "draft"]
# Some models refuse "xhigh" (recorded: r0226): the API says so, and the step fails with its sentence.
Effort = Literal["low", "medium", "high", "xhigh", "max"]

OPUS, SONNET = "claude-opus-5-5", "claude-sonnet-5-5"
# Where the SDK goes when it is told nothing; named here, for otherwise it would ask the environment.
DEFAULT_BASE_URL = "https://api.anthropic.com"


def _model_name(name: str) -> str:
    if not name or not name.isprintable() or " " in name:
        raise ValueError("a model is named by one word, such as claude-opus-5-5")
    return name


ModelName = Annotated[str, AfterValidator(_model_name)]


class RoleSettings(Frozen):
    """Who does one role. model: as the API names it. effort: None leaves it to the model.

    fallback: the model that serves when `model` cannot, None for none. max_tokens: of one answer, thinking included;
    None for the engine's own.
    """

    model: ModelName
    effort: Effort | None = None
    fallback: ModelName | None = None
    max_tokens: int | None = Field(default=None, ge=256, le=128_000)


def default_roles() -> dict[Role, RoleSettings]:
    """Return who does what unless it is set otherwise. No judge: it is off until somebody names one."""
    return {
        "plan": RoleSettings(model=OPUS, effort="medium", fallback=SONNET),
        "investigate": RoleSettings(model=SONNET, effort="medium", fallback=OPUS),
        "extract": RoleSettings(model=SONNET, effort="low", fallback=OPUS),
        "synthesise": RoleSettings(model=OPUS, effort="medium", fallback=SONNET),
        "draft": RoleSettings(model=SONNET, effort="medium", fallback=OPUS),
    }


class AnthropicSettings(Frozen):
    """How to reach the Messages API, who does which role, and how far one task may go.

    api_key: "" when there is none (a server of one's own that asks for none). base_url: of the server, "" for
    Anthropic's. proxy: http(s) address, may hold a password, None for none. ca_bundle: PEM file of authorities trusted
    beside the system's, None for none.
    timeout_s: seconds without a byte before an attempt is given up. total_timeout_s: seconds one call may take in all,
    however slowly it drips.
    server_tools: the server runs web_search and web_fetch itself; False for others that speak the API: client tools
    alone. structured_outputs: it takes a JSON schema; False for servers that do not: the schema is then told in words.
    prompt_caching: mark the parts of a prompt that repeat. web_search_type, web_fetch_type: versions of these
    tools. max_tokens: of one answer, thinking included.
    roles: a role that is not named is off, but for `require`, which `synthesise` does then.
    max_searches_per_task, max_fetches_per_task: by the server's tools, 0 for none. max_turns: calls of one
    investigation. max_continuations: of one paused turn. context_tokens: what a conversation may hold before stored
    bodies are dropped from it. batch_poll_s: seconds to the second
    look at a batch; each later one is twice as far away, an hour at most.
    """

    # An error about one field shows no value of any: the key and the proxy's password are among them.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    api_key: SecretStr = SecretStr("")
    base_url: str = ""
    proxy: SecretStr | None = None
    ca_bundle: Path | None = None
    timeout_s: float = Field(default=600, ge=1, le=3600)
    total_timeout_s: float = Field(default=1800, ge=1, le=14_400)
    server_tools: bool = True
    prompt_caching: bool = True
    structured_outputs: bool = True
    web_search_type: str = Field(default="web_search_20260318", pattern=r"^web_search_\d{8}$")
    web_fetch_type: str = Field(default="web_fetch_20260318", pattern=r"^web_fetch_\d{8}$")
    max_tokens: int = Field(default=16_000, ge=256, le=128_000)
    roles: dict[Role, RoleSettings] = Field(default_factory=default_roles)
    max_searches_per_task: int = Field(default=5, ge=0, le=50)
    max_fetches_per_task: int = Field(default=8, ge=0, le=50)
    max_turns: int = Field(default=12, ge=1, le=100)
    max_continuations: int = Field(default=4, ge=0, le=50)
    context_tokens: int = Field(default=120_000, ge=4_000, le=1_000_000)
    batch_poll_s: float = Field(default=300, ge=1, le=86_400)

    @field_validator("api_key")
    @classmethod
    def _fit_for_a_header(cls, key: SecretStr) -> SecretStr:
        # Otherwise the HTTP library refuses the header later, with the key in its message.
        text = key.get_secret_value()
        if not text.isascii() or any(not sign.isprintable() or sign.isspace() for sign in text):
            raise ValueError("the API key holds white space or a sign that no header can carry; set it anew")
        return key

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        if url and not _is_address(url, schemes=("http", "https")):
            raise ValueError("the base address must be like https://host/path, without a name and password in it")
        return url.rstrip("/")

    @field_validator("proxy")
    @classmethod
    def _proxy_address(cls, proxy: SecretStr | None) -> SecretStr | None:
        if proxy is None or not proxy.get_secret_value():
            return None
        if not _is_address(proxy.get_secret_value(), schemes=("http", "https"), user=True):
            raise ValueError("the proxy must be like http://host:port, or http://name:password@host:port")
        return proxy

    @field_validator("ca_bundle")
    @classmethod
    def _readable_bundle(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError(f"there is no file of certificate authorities at {path}")
        return path

    def role(self, name: Role) -> RoleSettings | None:
        """Return who does a role, with the engine's own `max_tokens` where it has none; None when the role is off."""
        # Who concludes also draws up requirements, unless somebody else is named for it.
        who = self.roles.get(name) or (self.roles.get("synthesise") if name == "require" else None)
        if who is None or who.max_tokens is not None:
            return who
        return who.model_copy(update={"max_tokens": self.max_tokens})


def _is_address(url: str, *, schemes: tuple[str, ...], user: bool = False) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname) and (user or "@" not in parts.netloc)
