"""Ask the site in this container whether it is ready; exit 1 when it is not. Needs nothing but Python."""

import json
import os
import sys
import urllib.error
import urllib.request


def host() -> str:
    """Return a host name the site answers to: the first of MRD_ALLOWED_HOSTS."""
    first = os.environ.get("MRD_ALLOWED_HOSTS", "").split(",")[0].strip()
    return first.lstrip(".") or "127.0.0.1"


def main(url: str = "http://127.0.0.1:8000/health/ready") -> int:
    request = urllib.request.Request(url, headers={"Host": host()})  # noqa: S310 - a fixed address
    try:
        with urllib.request.urlopen(request, timeout=4) as answer:  # noqa: S310
            return 0 if json.load(answer)["status"] in {"ready", "degraded"} else 1
    except urllib.error.HTTPError as error:
        sys.stderr.write(f"{error.code}: {error.read(500).decode(errors='replace')}\n")
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
