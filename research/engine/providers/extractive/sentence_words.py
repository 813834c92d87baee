"""Words by which a sentence is told from a fragment: openings that lean on another sentence, and verbs."""

from __future__ import annotations

import re

# Leans on a sentence the reader does not see.
LEANING = re.compile(
    r"^(?:this|these|those|such|it|they|he|she|that|which|both|the (?:latter|former|foregoing|above|following)|"
    r"in (?:this|such|that|these) |as such|for example|for instance|likewise|similarly|thus|therefore|accordingly|"
    r"the current (?:year|quarter|period) |the \w+ (?:increases?|decreases?|improvement) (?:was|were) |conversely|"
    r"however|otherwise|moreover|also|then|if so|as a result|as discussed|as noted|as described|instead|any such|"
    r"(?:any|each|all|some|most|many|both|none|one) of (?:the|these|those|them|which)\b|"
    r"the (?:agreement|program|venture|transaction|amount|change|amendment|arrangement|plan|concessionaire)\b|"
    r"under the (?:agreement|program|plan|terms|venture)\b|among other|included are|other\b|nevertheless|see)\b",
    re.IGNORECASE,
)
# A verb somewhere: filings' prose always has one of these, headings and table rows seldom.
VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|will|would|may|can|could|must|shall|should|do|does|did|"
    r"includes?|offers?|provides?|requires?|competes?|operates?|expects?|believes?|continues?|generates?|grew|grows?|"
    r"represents?|consists?|depends?|prohibits?|allows?|enables?|helps?|uses?|sells?|serves?|owns?|holds?|gives?|makes?|"
    r"markets?|delivers?|combines?|contains?|supports?|focus(?:es)?|\w{3,}ed|"
    r"want|need|ask|pay|lack|demand|prefer|value|offer|provide|require|keep|take|make|use|sell|compete|say|complain|praise|"
    r"cost|grow|rise|rose|fall|fell|leave|left|hold|held|apply|report|expect|call|spend|play|include|allow|help|support|"
    r"face|seek|choose|buy|bought|serve|run|ran|operate|enter|reach|stay|stop|return|bring|show|give|get|become|became|"
    r"wait|fail|move|find|found|remain|come|came|work|know|see|set|depend|contain|trust|vary|differ|carry|charge|paid|"
    r"charges|pays|buys|runs|lends|takes|keeps|bills|earns|"
    r"began|begin|took|made|gave|lost|lose|won|win|met|meet|sold|told|tell|led|lead|kept|went|go|say|said|"
    r"\w{2,}(?:ies|ects|izes|ises|oses|ates|ains|ends|ires|ides|ives|erves|orts|ows|ays|eeps|ires|akes|ells|uys|harges|"
    r"overs|ermits|ssues|imits|xpects|ans|orks|uns|eaches|tarts|leads|means|needs|wants|asks|says|lies|costs|sets|gets))\b",
    re.IGNORECASE,
)
