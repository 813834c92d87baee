"""Items follow from claims by the vertical's rules: fixed words, figures of the premises alone, priority by rule."""

import datetime as dt
import re

import pytest

from research.engine.document import numerals
from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.domain.items import check_attributes
from research.engine.domain.plans import PlanTask
from research.engine.domain.vertical import Rule
from research.engine.providers.extractive.inferring import propose
from research.engine.verticals import registry
from tests.doubles.engine import brief

GAMBLING = registry.get("gambling")
LAW_NJ = {"jurisdiction": "New Jersey", "topic": "licence"}


def claim(number, text, *, section="regulation", role="fact", publisher="Board", relevance=500, **more):
    quote = Quote(extracted_text_id=number, page=1, start=0, end=len(text), exact=text)
    source = SourceRef(id=number, kind="upload", title=f"Report of {publisher}", publisher=publisher)
    item = EvidenceItem(id=number, quote=quote, source=source, task_key="t", relevance=relevance)
    fields = {"kind": "stated", "digest": "d", "confidence": 700, "task_key": "t"} | more
    return AcceptedClaim(
        revision_id=number, key=f"k{number}", section=section, text=text, evidence=(item,), role=role, **fields
    )


def law(number, text, **attributes):
    return claim(number, text, role="regulation", attributes=LAW_NJ | attributes)


def items(*claims, task="requirements-synthesis", vertical=GAMBLING):
    section = {"risks-synthesis": "risks", "personas-synthesis": "personas", "assumptions-synthesis": "assumptions"}
    asked = PlanTask(
        key=task, question="What follows from it?", section=section.get(task, "requirements"),
        tools=("library_search",), depends_on=("t",), layer="requirements",
    )  # fmt: skip
    return propose(brief(vertical, "A skill-gaming app for New Jersey"), asked, claims)


AGE = law(1, "In New Jersey a player must be at least 21 years old.")


def test_a_rule_of_law_makes_a_must_with_its_place_its_figure_and_its_premise():
    (age,) = [item for item in items(AGE) if item.role == "requirement"]
    assert "New Jersey" in age.text
    assert "21" in age.text
    assert (age.kind, age.premise_keys, age.evidence_ids) == ("inferred", ("k1",), ())
    assert (age.attributes["id"], age.attributes["moscow"]) == ("R-1", "must")
    assert age.attributes["acceptance"]


@pytest.mark.parametrize("name", registry.names())
def test_no_rule_holds_a_figure_and_every_rule_names_a_task_that_searches_nothing(name):
    vertical = registry.get(name)
    tasks = {task.key: task for task in vertical.tasks}
    assert len(vertical.rules) >= 15
    assert len({rule.key for rule in vertical.rules}) == len(vertical.rules)
    for rule in vertical.rules:
        assert not numerals.find_numerals(" ".join((rule.text, *rule.attributes.values())), every=False)
        asked = tasks[rule.task]
        assert asked.depends_on
        assert not asked.queries
        assert asked.layer != "research"
        assert set(rule.sections) <= set(vertical.section_keys())
        assert rule.when or rule.kind == "assumption"
        more = {"id": "R-1", "moscow": "must"} if rule.role == "requirement" else {}
        check_attributes(rule.role, rule.attributes | more)
        fields = set(re.findall(r"\{(\w+)\}", rule.text))
        assert fields <= {"products", "subject", *re.findall(r"\?P<(\w+)>", rule.capture)}
        assert ("subject" in fields) == (rule.per is not None)


def test_two_voices_make_a_should_one_voice_a_could_and_a_bill_no_must():
    slow = "Withdrawals take too long."
    one = claim(1, slow, section="market_problem", publisher="The Ledger")
    other = claim(2, "Payouts come late.", section="voice_of_customer", publisher="Players' Forum")
    assert items(one)[0].attributes["moscow"] == "could"
    assert items(one, other)[0].attributes["moscow"] == "should"
    bill = law(3, "A bill would require a location check in New Jersey.", pending="not yet law: “bill”")
    assert {item.attributes["moscow"] for item in items(bill) if item.role == "requirement"} == {"could"}


def test_requirements_are_numbered_musts_first():
    found = [i for i in items(claim(5, "Payouts are slow.", section="market_problem"), AGE) if i.role == "requirement"]
    assert [(i.attributes["id"], i.attributes["moscow"]) for i in found] == [("R-1", "must"), ("R-2", "could")]


@pytest.mark.parametrize(
    "text",
    [
        "No license is required for it in New Jersey.",
        "A license is not required in New Jersey.",
        "It does not require a license in New Jersey.",
        "The weather in New Jersey is mild.",
    ],
)
def test_what_is_denied_or_not_said_makes_nothing(text):
    assert not [item for item in items(law(1, text)) if "licence" in item.text]


def test_what_forbids_denies_nothing():
    (found,) = [i for i in items(law(1, "Persons under 21 years of age may not play.")) if i.role == "requirement"]
    assert "21" in found.text


def test_inferred_and_assumed_claims_are_no_premises():
    assert not items(AGE.model_copy(update={"kind": "inferred"}))
    assert not items(AGE.model_copy(update={"kind": "assumption"}))


def test_an_item_has_few_premises_the_most_relevant_first_in_whatever_order_they_come():
    claims = [
        law(n, f"License rule {word} in New Jersey.").model_copy(update={"key": f"k{n}"})
        for n, word in enumerate(("one", "two", "three", "four", "five"), 1)
    ]
    best = claim(9, "A license is needed.", role="regulation", attributes=LAW_NJ, relevance=900)
    (first,) = [i for i in items(*claims, best) if i.role == "requirement"]
    assert first.premise_keys == ("k9", "k1", "k2")
    assert items(best, *claims[::-1]) == items(*claims, best)


def test_the_newest_law_is_the_first_ground_however_relevant_an_older_one_is():
    def dated(number, year):
        one = law(number, "A license is needed in New Jersey.")
        source = one.evidence[0].source.model_copy(update={"published_date": dt.date(year, 1, 1)})
        item = one.evidence[0].model_copy(update={"source": source, "relevance": 900 - year % 100})
        return one.model_copy(update={"evidence": (item,)})

    (first,) = [i for i in items(dated(1, 2019), dated(2, 2025), dated(3, 2022)) if i.role == "requirement"]
    assert first.premise_keys == ("k2", "k3", "k1")


def test_one_item_for_each_place_the_premises_name():
    both = law(1, "A license is needed.", jurisdiction="New Jersey, Ontario")
    found = [i.text for i in items(both) if i.role == "requirement"]
    assert [("New Jersey" in text, "Ontario" in text) for text in found] == [(True, False), (False, True)]


def test_an_assumption_is_made_where_sources_say_nothing_and_not_where_they_do():
    told = claim(2, "The cost of winning a player is $50.", section="success_metrics")
    silent = [i for i in items(AGE, task="assumptions-synthesis") if "Winning a customer" in i.text]
    assert [(i.kind, i.premise_keys, i.role) for i in silent] == [("assumption", (), "assumption")]
    assert not [i for i in items(told, task="assumptions-synthesis") if "Winning a customer" in i.text]


def test_a_task_gets_its_own_rules_alone_and_no_rules_give_nothing():
    assert {i.role for i in items(AGE, task="risks-synthesis")} <= {"risk"}
    assert items(AGE, task="sizing") == ()
    assert items(AGE, vertical=GAMBLING.model_copy(update={"rules": ()})) == ()


def test_a_figure_comes_by_capture_alone_and_two_figures_are_two_items():
    rule = Rule(
        key="x", task="requirements-synthesis", role="requirement", text="Keep to {rate}.", when=("tax",),
        capture=r"(?P<rate>\d+%)", attributes={"acceptance": "It holds."},
    )  # fmt: skip
    vertical = GAMBLING.model_copy(update={"rules": (rule,)})
    found = items(
        claim(1, "The tax is 15%."), claim(2, "The tax is 20%."), claim(3, "There is a tax."), vertical=vertical
    )
    assert [(i.text, i.premise_keys) for i in found] == [("Keep to 15%.", ("k1",)), ("Keep to 20%.", ("k2",))]
