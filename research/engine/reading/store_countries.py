"""Names of the countries of app stores by their code (ISO 3166-1 alpha-2), as they stand in a sentence after "in"."""

from __future__ import annotations

WORLDWIDE = "WW"

# Short English names of ISO 3166-1; the larger app store markets. Another code is named by itself.
_NAMES = """
AE the United Arab Emirates|AR Argentina|AT Austria|AU Australia|AZ Azerbaijan|BE Belgium|BG Bulgaria|BH Bahrain
BR Brazil|BY Belarus|CA Canada|CH Switzerland|CL Chile|CN China|CO Colombia|CR Costa Rica|CY Cyprus|CZ Czechia
DE Germany|DK Denmark|DO the Dominican Republic|DZ Algeria|EC Ecuador|EE Estonia|EG Egypt|ES Spain|FI Finland
FR France|GB the United Kingdom|GH Ghana|GR Greece|GT Guatemala|HK Hong Kong|HR Croatia|HU Hungary|ID Indonesia
IE Ireland|IL Israel|IN India|IS Iceland|IT Italy|JO Jordan|JP Japan|KE Kenya|KR South Korea|KW Kuwait|KZ Kazakhstan
LB Lebanon|LK Sri Lanka|LT Lithuania|LU Luxembourg|LV Latvia|MA Morocco|MO Macau|MT Malta|MX Mexico|MY Malaysia
NG Nigeria|NL the Netherlands|NO Norway|NZ New Zealand|OM Oman|PA Panama|PE Peru|PH the Philippines|PK Pakistan
PL Poland|PT Portugal|PY Paraguay|QA Qatar|RO Romania|RS Serbia|RU Russia|SA Saudi Arabia|SE Sweden|SG Singapore
SI Slovenia|SK Slovakia|SV El Salvador|TH Thailand|TN Tunisia|TR Turkey|TW Taiwan|UA Ukraine|US the United States
UY Uruguay|UZ Uzbekistan|VN Vietnam|ZA South Africa
"""
_BY_CODE = {entry[:2]: entry[3:] for line in _NAMES.strip().splitlines() for entry in line.split("|")}


def place(code: str) -> str:
    """Return "in the United States" for "US", "worldwide" for "WW", "in the country of code XK" for one not listed."""
    if code == WORLDWIDE:
        return "worldwide"
    name = _BY_CODE.get(code)
    return f"in {name}" if name else f"in the country of code {code}"
