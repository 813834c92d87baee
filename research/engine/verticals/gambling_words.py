"""The words of real-money gaming: how its products, rivals and measures are written, and what means the same."""

from __future__ import annotations

from research.engine.domain.market_rules import MarketRules

from . import base

# Words that seldom stand in documents about another trade.
FIELD = base.listed("""
casino resort, casino revenue, casino hotel, casino game, gambling, casino, wager, bet, sportsbook, iGaming,
lottery, poker, bingo, slot, jackpot, fantasy sports, skill game, skill gaming, real money, entry fee, online
gaming, interactive gaming, gaming license, gaming regulator, gaming commission, gaming authority, gaming tax,
gaming operator, gaming control, table games, deposit limit, self-exclusion, underage, high roller, BetMGM,
stake, prize
""")

PRODUCTS: dict[str, tuple[str, ...]] = {
    "sports betting": ("sports betting", "sportsbook", "sports book", "sports wagering", "betting app"),
    "online casino": ("online casino", "iGaming", "igaming", "internet casino", "casino app", "real-money casino"),
    "skill games": ("skill game", "skill games", "skill gaming", "skill-gaming", "games of skill"),
    "poker": ("online poker", "poker"),
    "lottery": ("lottery", "iLottery"),
    "bingo": ("bingo",),
    "fantasy sports": ("fantasy sports", "daily fantasy", "DFS"),
    "casino resorts": ("casino resort", "casino resorts", "integrated resort", "land-based casino"),
    "slots": ("slots", "slot machines"),
}

COMPETITORS: dict[str, tuple[str, ...]] = {
    "MGM Resorts": ("MGM Resorts International", "MGM Resorts", "MGM"),
    "BetMGM": ("BetMGM", "Roar Digital"),
    "DraftKings": ("DraftKings",),
    "FanDuel": ("FanDuel", "Flutter"),
    "Caesars": ("Caesars Entertainment", "Caesars"),
    "Penn Entertainment": ("Penn Entertainment", "Penn National", "ESPN Bet", "Barstool Sportsbook"),
    "Wynn Resorts": ("Wynn Resorts", "WynnBET", "Wynn"),
    "Las Vegas Sands": ("Las Vegas Sands", "Sands"),
    "Boyd Gaming": ("Boyd Gaming", "Boyd"),
    "Entain": ("Entain", "GVC Holdings", "bwin", "Ladbrokes"),
    "Skillz": ("Skillz",),
    "bet365": ("bet365", "Bet365"),
    "PointsBet": ("PointsBet",),
    "Rush Street Interactive": ("Rush Street Interactive", "BetRivers"),
    "theScore Bet": ("theScore Bet", "theScore"),
}

GLOSSARY: dict[str, tuple[str, ...]] = {
    **base.CONCEPTS,
    "gross gaming revenue": ("GGR", "gaming win", "gross gaming revenues"),
    "casino revenue": ("casino revenues", "gaming revenue", "gaming revenues"),
    "online gaming": ("iGaming", "internet gaming", "interactive gaming", "digital gaming"),
    "sports betting": ("sports wagering", "sportsbook", "sports book"),
    "license": base.listed(
        "licence, licenses, licences, licensed, licensing, permit, concession, =register, =registration fee, "
        "=registration is granted"
    ),
    "=players": base.listed("=player, =customers, =customer, =guests, =guest, =patrons, =gamblers, =bettors"),
    "=operators": ("=operator", "=licensees", "=licensee", "=brands"),
    "responsible gambling": ("responsible gaming", "GameSense"),
    "problem gambling": ("compulsive gambling", "chasing losses", "gambling addiction"),
    "self-exclusion": ("self-exclude", "self-excluded", "exclude themselves"),
    "limits": ("deposit limit", "deposit limits", "loss limit", "loss limits", "time limits", "session limit"),
    "underage": ("minors", "under 21", "under 18", "years old"),
    "harm": ("signs of harm", "trained staff", "loses more than", "chase losses"),
    "promotions": base.listed(
        "promotional, bonus, bonuses, bonus cash, promotional credits, deposit match, complimentaries, "
        "complimentary, comps, incentives, free play"
    ),
    "keep": ("keeps", "kept by the operator", "rake", "take rate", "hold percentage"),
    "games": ("game", "contests", "contest", "tournaments", "slots", "table games"),
    "suitability": ("suitable", "unsuitable", "qualification", "disclose"),
    "verify": ("verified", "verification", "document checks", "identity checks"),
    "location": ("geolocation", "physically located", "physically present"),
}

METRICS: dict[str, tuple[str, ...]] = {
    "gross gaming revenue": ("gross gaming revenue", "gross gaming revenues", "GGR", "gaming win"),
    "casino revenue": ("casino revenue", "casino revenues", "gaming revenue", "gaming revenues"),
    "net revenue": ("net revenue", "net revenues", "consolidated net revenues", "total revenues"),
    "rooms revenue": ("rooms revenue", "room revenue"),
    "Adjusted Property EBITDAR": ("Adjusted Property EBITDAR",),
    "Adjusted Property EBITDAR margin": ("Adjusted Property EBITDAR margin",),
    "Adjusted EBITDAR": ("Adjusted EBITDAR",),
    "Adjusted EBITDA": ("Adjusted EBITDA",),
    "operating income": ("operating income", "operating loss"),
    "net income": ("net income", "net loss"),
    "table games drop": ("table games drop", "drop"),
    "table games win percentage": ("table games win percentage", "table games hold percentage", "win percentage"),
    "slot handle": ("slots handle", "slot handle", "handle"),
    "hold": ("hold percentage",),
    "gaming tax": ("gaming tax", "gaming taxes", "special gaming tax"),
    "license fee": ("license fee", "license fee expense", "brand fee"),
    "market share": ("market share",),
    "occupancy": ("occupancy",),
    "ADR": ("average daily rate", "ADR"),
    "RevPAR": ("RevPAR",),
    "players": ("active players", "monthly active users", "loyalty program members"),
    "visitation": ("visitation", "visitors"),
}

SIZING = MarketRules(
    revenues=("gross gaming revenue",),
    customers={
        "players": ("players", "adults", "bettors", "gamblers", "customers"),
        "visitors": ("visitors", "guests"),
    },
)
