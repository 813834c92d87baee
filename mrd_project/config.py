"""The settings a deployment may set, typed and checked at start. Every name is an environment variable MRD_<NAME>.

`.env.example` lists them all; a test proves it does.
"""

from __future__ import annotations

import os
import re
import ssl
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from research.engine.net.settings import HttpSettings
from research.engine.providers.anthropic.server_tools import SAYS
from research.engine.providers.anthropic.settings import AnthropicSettings
from research.engine.reading import addresses

from . import wrong_settings

BASE_DIR = Path(__file__).resolve().parent.parent


def _split(value: object) -> object:
    """Read "a, b" as people write it; anything but text is left as it is."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


_TOOL = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Config(BaseSettings):
    """Read from the environment and `.env`. An unknown or invalid value stops the start with a sentence."""

    model_config = SettingsConfigDict(
        env_prefix="MRD_",
        env_file=os.environ.get("MRD_ENV_FILE", BASE_DIR / ".env"),
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,  # passwords are among it
    )

    mode: Literal["development", "production"] = "development"
    secret_key: SecretStr = SecretStr("")
    allowed_hosts: Names = ("127.0.0.1", "localhost", "[::1]")  # comma separated
    csrf_trusted_origins: Names = ()
    database_url: SecretStr = SecretStr("")  # empty: SQLite in var_dir
    var_dir: Path = BASE_DIR / "var"
    static_dir: Path | None = None  # where collectstatic gathers; None: static in var_dir
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_json: bool = False
    sentry_dsn: SecretStr = SecretStr("")
    release: str = ""  # named to Sentry and in /health/live; empty: the package's version
    metrics_token: SecretStr = SecretStr("")  # a bearer token that may read /metrics; empty: none may
    behind_proxy: bool = False  # trust X-Forwarded-Proto of the proxy in front
    company_register: Path | None = None  # a file like the SEC's company_tickers.json; None: no register is asked
    semantic: bool = False  # reorder what searches find by meaning; wants requirements-semantic.txt
    api_runs_a_minute: int = Field(default=30, ge=1)  # that one person may ask for over the API
    upload_max_mb: int = Field(default=64, ge=1, le=2048)

    # The worker (docs/reference/settings.md; the check `mrd.E010` holds the relations between these).
    workers: int = Field(default=3, ge=2, le=64)
    drivers: int = Field(default=1, ge=1, le=63)
    driver_capacity: int = Field(default=200, ge=1, le=5000)  # steps in flight in one driver
    driver_slice_s: float = Field(default=50, gt=0)
    driver_linger_s: float = Field(default=5, ge=0)  # how long a driver with nothing to do waits for work
    driver_poll_s: float = Field(default=0.1, gt=0)
    task_timeout_s: int = Field(default=900, ge=10)
    lease_s: float = Field(default=30, gt=0)
    step_max_attempts: int = Field(default=4, ge=1)
    step_max_crashes: int = Field(default=3, ge=1)
    db_threads: int = Field(default=4, ge=1, le=64)

    # What a run may use before a person raises it.
    max_calls: int = Field(default=5000, ge=1)
    max_searches: int = Field(default=500, ge=0)
    max_tokens: int = Field(default=40_000_000, ge=0)
    max_cost_usd: Decimal = Field(default=Decimal(200), ge=0)
    planning_max_calls: int = Field(default=40, ge=1)  # tries that failed count too
    planning_max_tokens: int = Field(default=400_000, ge=0)
    planning_max_cost_usd: Decimal = Field(default=Decimal(1), ge=0)
    # What the runs of one person, and all runs together, may use in a day (UTC); None: no limit.
    day_user_max_searches: int | None = Field(default=None, ge=0)
    day_user_max_tokens: int | None = Field(default=None, ge=0)
    day_user_max_cost_usd: Decimal | None = Field(default=None, ge=0)
    day_max_searches: int | None = Field(default=None, ge=0)
    day_max_tokens: int | None = Field(default=None, ge=0)
    day_max_cost_usd: Decimal | None = Field(default=None, ge=0)

    # How calls go out, in each driver process.
    calls_at_once: int = Field(default=64, ge=1)  # of one tool or model
    calls_at_once_a_user: int = Field(default=256, ge=1)
    redis_url: SecretStr = SecretStr("")  # where tools' answers are kept for other processes; empty: files in var_dir
    user_agent: str = "MRD-Desk/0.1 (+https://example.org/mrd-desk)"  # how fetch_page names itself; put your own
    host_interval_s: float = Field(default=1.0, ge=0)  # between two pages of one host, at the least
    trusted_origins: Names = ()  # origins fetch_page may read although their addresses are private (an intranet)
    http_proxy: SecretStr = SecretStr("")  # for everything that goes out
    ca_bundle: Path | None = None  # authorities to trust besides the usual ones, as PEM

    # The Claude engine, or any server that speaks the Messages API.
    anthropic_api_key: SecretStr = Field(
        default=SecretStr(""), validation_alias=AliasChoices("MRD_ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY")
    )
    anthropic_base_url: str = Field(
        default="", validation_alias=AliasChoices("MRD_ANTHROPIC_BASE_URL", "ANTHROPIC_BASE_URL")
    )
    anthropic: dict[str, Any] = {}  # the other settings of the engine, as JSON: models, effort, fallbacks, limits

    # What single tools need.
    searxng_url: str = ""  # a SearXNG of one's own
    sensor_tower_token: SecretStr = SecretStr("")
    sec_user_agent: str = ""  # the SEC asks who calls: "Company name contact@example.org"

    # name=dotted.path of a builder, comma separated in the environment as JSON.
    engines: dict[str, str] = {
        "extractive": "research.engine.providers.extractive.build",
        "anthropic": "research.engine.providers.anthropic.build",
    }
    tools: dict[str, str] = {
        name: f"research.engine.tools.{name}.build"
        for name in (
            "library_search",
            "library_scan",
            "structured_file",
            "fetch_page",
            "searxng",
            "sensor_tower",
            "sec_edgar",
            "world_bank",
        )
    }

    def engine_options(self) -> dict[str, Any]:
        """Return the settings of each engine that has some, by its name. Raises `ValueError` for a wrong one."""
        return {
            "anthropic": AnthropicSettings.model_validate(
                {
                    **self.anthropic,
                    "api_key": self.anthropic_api_key,
                    "base_url": self.anthropic_base_url,
                    "proxy": self.http_proxy.get_secret_value() or None,
                    "ca_bundle": self.ca_bundle,
                }
            )
        }

    @model_validator(mode="after")
    def _engines_are_well_set(self) -> Config:
        try:
            self.engine_options()
        except ValidationError as error:
            raise ValueError(wrong_settings.of_part(error, whole="MRD_ANTHROPIC")) from None
        return self

    @model_validator(mode="after")
    def _ways_out_are_well_set(self) -> Config:
        """Refuse what would be found out half way through a run."""
        try:
            HttpSettings(
                user_agent=self.user_agent,
                trusted_origins=self.trusted_origins,
                proxy=self.http_proxy.get_secret_value() or None,
                ca_bundle=self.ca_bundle,
            )
        except ValidationError as error:
            raise ValueError(wrong_settings.of_part(error, whole="MRD_HTTP")) from None
        if self.searxng_url and not addresses.is_web(self.searxng_url):
            raise ValueError("MRD_SEARXNG_URL must be like http://searxng:8080.")
        redis = self.redis_url.get_secret_value()
        if redis and not redis.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("MRD_REDIS_URL must begin with redis://, rediss:// or unix://.")
        if self.ca_bundle is not None:
            try:
                ssl.create_default_context().load_verify_locations(cafile=self.ca_bundle)
            except (OSError, ssl.SSLError):
                raise ValueError("MRD_CA_BUNDLE must be a readable file of certificates in PEM.") from None
        for name in self.tools:
            if not _TOOL.fullmatch(name) or name in SAYS:
                taken = ", ".join(SAYS)
                raise ValueError(
                    f"MRD_TOOLS names a tool '{name[:40]}': lower-case words joined by _, none of {taken}."
                )
        return self

    @model_validator(mode="after")
    def _production_is_complete(self) -> Config:
        if self.mode == "production":
            if len(self.secret_key.get_secret_value()) < 50:  # noqa: PLR2004 - Django's own check security.W009
                raise ValueError("MRD_SECRET_KEY must have at least 50 random characters in production.")
            if "*" in self.allowed_hosts or not self.allowed_hosts:
                raise ValueError("MRD_ALLOWED_HOSTS must name the site's hosts in production.")
        if self.drivers >= self.workers:
            raise ValueError("MRD_DRIVERS must be smaller than MRD_WORKERS, so that other tasks find a free worker.")
        return self


@lru_cache(maxsize=1)
def config() -> Config:
    """Return the settings, read once. Raises `pydantic.ValidationError` naming each wrong one."""
    return Config()


def config_or_exit() -> Config:
    """Return the settings, or end the process with a line for each wrong one: nothing can start with them."""
    try:
        return config()
    except (ValidationError, SettingsError) as error:
        raise SystemExit(f"Wrong settings:\n{wrong_settings.in_words(error)}") from None
