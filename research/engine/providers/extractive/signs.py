"""Signs by which a sentence shows what it is: a rule, a hazard, a price, a pitch, a customer's own voice.

Words of English and of business, none of a firm or a filing; each is looked for with the task's section in mind.
"""

from __future__ import annotations

import re

OWN = re.compile(r"\b(?:we|our|us|the company)\b", re.IGNORECASE)
WANTS_FIGURE = re.compile(
    r"\bhow (?:large|much|many|fast)|what share|at what rates|values do\b|\brevenues?\b", re.IGNORECASE
)
FIGURE = re.compile(
    r"\d+(?:\.\d+)?\s*(?:%|percent)|[$€£]\s*\d|\d\s*(?:million|billion)|\b\d{1,3}(?:,\d{3})+\b", re.IGNORECASE
)
AMOUNTS = frozenset({"million", "billion"})
ADVERSE = re.compile(
    r"advers|harm|negative(?:ly)? (?:impact|affect)|no assurance|cannot (?:assure|guarantee|be certain)|"
    r"\bcould (?:cause|result|occur|suffer|decline|lose|reduce|increase|damage|impact|create|subject|lead|slow|be)\b|"
    r"\bif (?:we|our|they)\b.{1,60}\b(?:fail|not|unable|cannot)\b|\bfailure (?:to|of|by)\b|"
    r"\b(?:may|might) (?:not|lose|suffer|fail)\b|\bunauthorized (?:access|disclosure)|\bcan persist\b|\bdespite our\b",
    re.IGNORECASE,
)

# What a sentence on law says: somebody must, may not, pays, is licensed, or that a rule applies.
ASKS_WHAT_IS_DONE = re.compile(r"\bdone\b", re.IGNORECASE)
RULE = re.compile(
    r"\b(?:must|shall|required?s?|requirements?|may (?:not|only)|may\b.{1,60}\bonly|prohibit\w*|"
    r"forbid\w*|unlawful|illegal|legal\w*|laws?|"
    r"acts?|rules?|regulat\w+|licen[cs]\w+|permits?|permitted|registr\w+|approv\w+|tax\w*|duty|duties|fines?|penalt\w+|"
    r"subject to|compl(?:y|iance)|oblig\w+|consent|entitled|suitab\w+|applies|concession\w*|statut\w+|should|"
    r"authorit\w+|commission)\b",
    re.IGNORECASE,
)

# What ought to be says nothing of what is: a rule is no market problem, and no price.
NORM = re.compile(
    r"\b(?:must|shall|(?:is|are) (?:required|prohibited|obliged)|may (?:not|only)|only (?:when|if)|undertakes? to)\b",
    re.IGNORECASE,
)

# That law changes, or costs the firm, says neither what it demands nor what customers lack.
EVOLVES = re.compile(
    r"\b(?:laws?|requirements?|regulations?|rules?)\b.{0,120}\b(?:continues? to (?:evolve|change)|"
    r"(?:is|are) (?:constantly |rapidly |continually )?(?:evolving|changing))\b|"
    r"\b(?:regulators|authorities|officials)\b.{0,100}\bscrutin\w+",
    re.IGNORECASE,
)
DEMANDS = re.compile(
    r"\b(?:must|shall|requir\w+|prohibit\w*|may not|only|obliges?|demands?)\b(?! (?:relating|regarding))", re.IGNORECASE
)
OWN_COST = re.compile(
    r"\b(?:increased? (?:our )?costs?|lower revenues?|reduced (?:efficiency|margins?|revenues?)|costs of compliance)\b",
    re.IGNORECASE,
)
# A firm's part by what it sells, and what the firm means to do, tell of nobody who buys.
SEGMENT_SELLS = re.compile(
    r"\bsegment (?:also )?(?:provides|offers|consists|includes|comprises)\b|"
    r"\bwe (?:utili[sz]e|use|intend|plan|aim|market)\b|\bour (?:goal|strategy|focus)\b",
    re.IGNORECASE,
)
# Who somebody is, beyond a customer: what they do, how large, how often.
GROUP = re.compile(
    r"\b(?:students?|professionals?|developers?|designers?|creators?|marketers?|educators?|workers?|lawyers?|associates?|"
    r"partners? of|firms?|small (?:and medium(?:[- ]sized)? )?businesses|enterprises|SMBs?|consumers?|individuals?|"
    r"famil\w+|(?:shop|business|home)? ?owners?|traders?|freelancers?|employees|households?|renters?|savers?|"
    r"borrowers?|teams|women|men|adults|guests|travel\w*|VIPs?|premium|commuters|casual|frequent|high-\w+|members?|bettors?|"
    r"\w+ players|aged?|years old|administrators?|managers?|beginners?|percent|segments?|groups?|bases)\b",
    re.IGNORECASE,
)
# Copying without paying is no way to charge.
PIRACY = re.compile(r"\bpira(?:cy|t\w+)\b|\bcounterfeit\w*|\bunauthorized (?:use|copying)", re.IGNORECASE)

MEASURE = re.compile(r"\b(?:metrics?|indicators?|measures?|KPIs?)\b", re.IGNORECASE)
# What could go wrong is said with one of these.
HAZARD = re.compile(
    r"\b(?:risks?|threat\w*|could|may|might|would|uncertain\w*|compet\w+|attack\w*|breach\w*|fail\w*|loss|lose|adverse\w*|"
    r"vulnerab\w+|decline\w*|pressure|disrupt\w*|lawsuits?|litigation|fraud|ended|refus\w+|stopp?\w*)\b",
    re.IGNORECASE,
)
# What a firm says of its own offer is no problem of its customers.
PITCH = re.compile(
    r"\brevenue (?:is|was) (?:mainly )?(?:affected|driven)|"
    r"\b(?:offerings?|platform|solutions?) (?:that|which|enabl\w+)|"
    r"\bis an? [\w-]+(?:-based)? \w* ?(?:offering|platform|solution|service)\b",
    re.IGNORECASE,
)
# A sentence about a product or an agreement by its name: "The Example Services Agreement allows …".
OF_A_NAME = re.compile(r"^(?:(?:A|An|The|Our)\s+)?(?:[A-Z][\w’'-]+\s+){2,}")
# What a sentence on prices speaks of: what is paid, kept, given back, or earned with it.
PRICE = re.compile(
    r"\b(?:pric\w+|fees?|charg\w+|pa(?:y|ys|id|ying|yments?)|costs?|licen[cs]\w+|subscri\w+|purchas\w+|free|plans?|tiers?|"
    r"discounts?|commissions?|hold|win|wins|keeps?|kept|margins?|revenues?|rates?|bonus\w*|promot\w+|compliment\w+|"
    r"incentives?|credits?|rebate\w*|billed|renew\w*)\b|[$€£]",
    re.IGNORECASE,
)
RIVALS = re.compile(r"\bour competitors\b|\bcompete with (?:us|our)\b", re.IGNORECASE)
# A number that measures or counts: without one, nothing is said of a size. "Dynamics 365" and 2024 are none.
NUMBER = re.compile(
    r"\d(?:\.\d+)?\s*(?:%|percent|per cent|basis points|million|billion|thousand)|[$€£]\s*\d|\b\d{1,3}(?:,\d{3})+\b|"
    r"\b\d+ (?:(?!of\b|in\b|and\b)[a-z-]+ ){0,3}(?:customers|users|players|members|subscribers|firms|seats|companies|"
    r"people|organizations|adults|lawyers|employees|visitors|countries|states|operators|offices|contracts|accounts)\b",
    re.IGNORECASE,
)
# What others make is nothing the product must do.
OTHERS_OFFER = re.compile(r"\boffer their own\b|\b(?:manufacturers|vendors|companies) such as\b", re.IGNORECASE)
# Who else is there and what law came to allow say nothing of what a product is.
RIVALRY = re.compile(r"\bcompet(?:e|es|ing|ition|itors?|itive)\b|\blegali[sz]\w+", re.IGNORECASE)
# Customers in their own voice: they say, choose, leave. What a company says of itself is none.
VOICE = re.compile(
    r"\b(?:customers?|users?|players?|buyers?|reviewers?|respondents?|patrons?|guests?|firms|lawyers|teams|clients?|"
    r"subscribers?|members|bettors?)\b.{0,60}\b(?:sa(?:y|id|ys)|told|report(?:ed)?|cho(?:se|ose|oses)|switch(?:ed)?|left|leave|"
    r"complain\w*|prais\w+|prefer\w*|want\w*|ask(?:ed)?|wish\w*|rate[ds]?|cancel(?:s|l?ed)?|renewed|stay(?:ed)?|like[ds]?|"
    r"miss\w*|need|found|find|cited?|name[ds]?)\b|\b(?:survey|interview|review)\w*\b",
    re.IGNORECASE,
)
