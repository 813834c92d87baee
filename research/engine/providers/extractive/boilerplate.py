"""What filings say in every year and company: true, and an answer to no question of a market."""

from __future__ import annotations

import re

# Said in every filing, true of none in particular.
BOILERPLATE = re.compile(
    # disclaimers and pointers to other pages
    r"forward[- ]looking|incorporated (?:herein )?by reference|undue reliance|safe harbor|accompanying notes|"
    r"as follows:|following table|following is a summary|table below|set forth (?:below|above|in)|"
    r"discussed (?:below|above|within)|"
    r"described (?:below|above|in|under|elsewhere)|included elsewhere|elsewhere in this|"
    r"this (?:annual |quarterly )?report|form (?:10-k|10-q|8-k)|\bsee (?:note|item|part|the|“|\"|also)|\brefer to|"
    r"for (?:a )?(?:more|additional|further|more complete)? ?(?:information|detail|discussion|description)|exhibit \d|"
    r"\bnote \d+|\bitems? \d+[ab]?\b|table of contents|click here|cookies?\b|all rights reserved|webcast|"
    # the machinery of filings
    r"hereof|hereto|herein\b|hereunder|hereby|in our opinion|our audit|audit committee|annual meeting|proxy statement|"
    r"independent registered public accounting|generally accepted accounting|nyse|nasdaq|investor relations|indenture|"
    r"securities (?:and exchange commission|exchange act|act of)|trademarks? (?:or|of|are)|credit agreement|non-gaap|"
    r"we (?:have provided|do not undertake|undertake no)|certain (?:prior[- ]year|reclassif)|conference call|"
    r"we encourage (?:you|investors)|investors should|you should|principally located at|foreclosure|"
    r"collateral (?:agent|trustee)|pledged as collateral|"
    r"\b(?:employer|employee) (?:is|shall|specifically|agrees|and)\b|severance|senior notes|lessee|lessor|"
    r"\b(?:our|the) lenders?\b|"
    # how things are booked
    r"statements? of (?:operations|cash flows|income)|reporting unit|carrying (?:value|amount)|fair value|goodwill|"
    r"performance obligations? (?:is|are) (?:satisfied|generally)|acts as an agent|standalone selling|\bssp\b|breakage|"
    r"deferred revenue|recognized (?:ratably|over|at|upon|when)|transaction price|variable consideration|"
    r"revenue contract|billed in accordance|classified as|cash on hand|corporate cash|"
    r"(?:is|are|was|were) allocated|allocations? (?:among|between|of)|"
    r"unearned revenue|accounted for|practical expedient|accounting estimate|"
    # how a firm is governed and what it publishes of itself
    r"footnotes?\b|sustainability report|social impact|\besg\b|committees? of the board|code of (?:conduct|ethics)|"
    r"(?:is|are) (?:also )?(?:defined as|adjusted (?:for|to exclude)|calculated (?:as|by|according))|"
    r"reconcil(?:es|iation)|"
    r"certification(?:s)? (?:of|pursuant)|table of contents|pursuant to (?:rule|section)|inline xbrl|"
    # money at risk in banks and exchange, in every firm alike
    r"dollar.{0,20}strengthen|foreign currency (?:impacts?|risks?|contracts?|forwards?|options?|hedg)|"
    r"hedg(?:e|es|ing)\b|"
    r"paragraphs? (?:above|below)|referred to (?:in|above)|treadway|in making this assessment|management['’]s report|"
    r"interest rate (?:swap|risk)|working capital|"
    # the firm's own affairs: its shares, deals, suits, footprint
    r"repurchas|earnings per share|termination fee|closing conditions|merger agreement|"
    r"\binquir(?:y|ies)\b|anti-corruption|"
    r"\bscope [123]\b|emissions?\b|carbon (?:neutral|negative|footprint)|recorded (?:as|in|net|at)\b|trade receivables|"
    r"no (?:single )?customers?\b.{0,40}\b10%|"
    # shares and their holders
    r"common stock|stock price|purchase periods?|offering periods?|stockholders?|shareholders?|dividends?|"
    r"our stock|securities (?:are|of|be)|^cost of (?:revenue|sales|goods)|\bASU\b|FASB|"
    r"allocates a portion|deferred tax|the company (?:recognizes|accounts|records|estimates|allocates)|"
    r"we (?:recognize|account for|record|allocate) |critical accounting|accounting (?:policy|policies|standard)",
    re.IGNORECASE,
)

# A document's own notes. One that is taken into a claim reads as a citation of ours when the claim is exported.
# Marks behind a full stop: "… in 2024.[^1] [2]".
NOTE = re.compile(r"(?:[ \t]*\[\^?\d{1,3}\](?!:))+")
# Where a note's own text begins: "[^1]: “…” — Some Authority, page 3".
NOTE_TEXT = re.compile(r"\[\^?\w{1,12}\]:\s")
# Marks left inside a sentence, and the words of a citation with its digest.
CITED = re.compile(
    r"\[\^[^\]\s]{1,20}\]|\[\d{1,3}\]|\b(?:[0-9a-f]{32,}|extracted text\W{1,3}[0-9a-f]{8,})", re.IGNORECASE
)
