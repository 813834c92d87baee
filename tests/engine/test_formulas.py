"""Formulas: read safely, units checked, ranges carried, recomputed to the last digit; the graph they make."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from research.engine.domain import expressions, formula_graph, formulas, quantities
from research.engine.domain.claims import Formula, TypedValue
from research.engine.domain.errors import InvalidInput


def value(number: str, unit: str | None = None, currency: str | None = None, **rest: object) -> TypedValue:
    return TypedValue.model_validate({"number": number, "unit": unit, "currency": currency, **rest})


def numbers(*given: int) -> list[Decimal]:
    return [Decimal(each) for each in given]


def evaluate(expression: str, **values: TypedValue) -> TypedValue:
    names = {name: f"key-{name}" for name in values}
    return formulas.evaluate(Formula(expression=expression, names=names), values)


USD_100M = value("100", currency="USD", scale="1000000")
PLAYERS = value("2000000", "players")


class TestExpressions:
    @pytest.mark.parametrize(
        ("written", "gives"),
        [
            ("1 + 2 * 3", "7"),
            ("(1 + 2) * 3", "9"),
            ("10 - 4 - 3", "3"),
            ("8 / 4 / 2", "1"),
            ("-2 * -3", "6"),
            ("2.50 * 4", "10"),
        ],
    )
    def test_signs_bind_as_in_arithmetic(self, written: str, gives: str) -> None:
        assert evaluate(written).number == Decimal(gives)

    @pytest.mark.parametrize(
        "written",
        [
            "__import__('os')", "a ** b", "a.b", "a[0]", "a if b else c", "lambda: 1", "a, b", "a;b", "1e9", "0x10",
            "A * 2",
            "a b", "2 a", "(a", "a)", "a +", "* a", "", "()", "+a", "a == b", "a // b", "a\u00d72", "\uff11 + 1",
        ],
    )  # fmt: skip
    def test_anything_but_the_small_grammar_is_refused(self, written: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            expressions.parse(written)
        assert refused.value.field == "formula"
        assert refused.value.detail.endswith(".")

    @pytest.mark.parametrize(
        "written",
        [
            "a" + " + a" * 80,
            "(" * 30 + "a" + ")" * 30,
            "-" * 40 + "a",
            " + ".join(f"n{i}" for i in range(13)),
            "1234567890123456789",
        ],
    )
    def test_an_expression_beyond_the_limits_is_refused(self, written: str) -> None:
        with pytest.raises(InvalidInput):
            expressions.parse(written)

    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet="ab1.+-*/() \n$_'", max_size=40))
    def test_any_text_is_read_or_refused_in_a_sentence(self, written: str) -> None:
        try:
            tree = expressions.parse(written)
        except InvalidInput as refused:
            assert refused.detail  # noqa: PT017
            return
        assert len(expressions.names(tree)) <= expressions.MAX_NAMES


class TestUnits:
    @pytest.mark.parametrize(
        ("expression", "values", "number", "said"),
        [
            ("m * s", {"m": USD_100M, "s": value("4", "percent")}, "4000000", "USD"),
            ("p * q", {"p": PLAYERS, "q": value("12.5", "per player", "USD")}, "25000000", "USD"),
            ("p * q", {"p": PLAYERS, "q": value("12.5", "USD per player")}, "25000000", "USD"),
            ("m / p", {"m": USD_100M, "p": PLAYERS}, "50", "USD per player"),
            ("p * q * 12 * month", {"p": PLAYERS, "q": value("2", "per player per month", "USD")}, "48000000", "USD"),
            ("p * q", {"p": PLAYERS, "q": value("2", "per player per year", "USD")}, "4000000", "USD per year"),
            ("m / p", {"m": USD_100M, "p": value("400", currency="USD", scale="1000000")}, "0.25", "no unit"),
            ("s * t", {"s": value("25", "percent"), "t": value("4", "%")}, "1", "percent"),
            ("s - t", {"s": value("25", "per cent"), "t": value("4", "percent")}, "21", "percent"),
            ("m * (1 + g)", {"m": USD_100M, "g": value("50", "basis points")}, "100500000", "USD"),
            ("m * r", {"m": USD_100M, "r": value("1.3", "per USD", "CAD")}, "130000000", "CAD"),
        ],
    )
    def test_units_follow_the_arithmetic(
        self, expression: str, values: dict[str, TypedValue], number: str, said: str
    ) -> None:
        given = evaluate(expression, **values)
        assert (given.amount, formulas.unit_said(given)) == (Decimal(number), said)

    @pytest.mark.parametrize(
        ("expression", "values", "says"),
        [
            ("m + p", {"m": USD_100M, "p": PLAYERS}, "cannot be added"),
            ("m - s", {"m": USD_100M, "s": value("4", "percent")}, "cannot be added"),
            ("m + 1", {"m": USD_100M}, "cannot be added"),
            ("m + c", {"m": USD_100M, "c": value("1", currency="CAD")}, "two currencies"),
            ("m * p", {"m": USD_100M, "p": PLAYERS}, "no unit of a figure"),
            ("m * m", {"m": USD_100M}, "no unit of a figure"),
            ("p * q", {"p": PLAYERS, "q": value("2", "per paying player", "USD")}, "no unit of a figure"),
            ("p + q", {"p": value("1", "months"), "q": value("1", "years")}, "cannot be added"),
            ("p * 1", {"p": value("5", "users", "USD")}, "per user"),
        ],
    )
    def test_unlike_units_are_refused_in_one_sentence(
        self, expression: str, values: dict[str, TypedValue], says: str
    ) -> None:
        with pytest.raises(InvalidInput, match=says):
            evaluate(expression, **values)

    def test_one_and_many_of_a_noun_are_one_unit(self) -> None:
        for one, many in (
            ("user", "Users"),
            ("company", "companies"),
            ("person", "people"),
            ("business", "businesses"),
        ):
            assert quantities.base_of(one) == quantities.base_of(many)

    def test_sums_of_different_periods_are_refused_and_differences_are_not(self) -> None:
        this, last = value("12", currency="USD", period="FY2022"), value("10", currency="USD", period="FY2021")
        with pytest.raises(InvalidInput, match="FY2022 and of FY2021"):
            evaluate("a + b", a=this, b=last)
        growth = evaluate("(a - b) / b", a=this, b=last)
        assert (growth.number, growth.period) == (Decimal("0.2"), None)

    def test_a_result_keeps_what_its_premises_agree_on(self) -> None:
        market = value("100", currency="USD", period="FY2022", geography="Ontario", as_of="2023-02-01")
        share = value("4", "percent", as_of="2022-05-01")
        given = evaluate("m * s", m=market, s=share)
        assert (given.period, given.geography, str(given.as_of)) == ("FY2022", "Ontario", "2022-05-01")


class TestEvaluate:
    @pytest.mark.parametrize(
        ("expression", "values", "says"),
        [
            ("a / b", {"a": value("1"), "b": value("0")}, "divides by zero"),
            ("a / b", {"a": value("1"), "b": value("1", low="-1", high="2")}, "within the range"),
            ("a * b", {"a": value("1e30"), "b": value("1e30")}, "too large or too small"),
            ("a * b", {"a": value("1"), "b": value("1", scale="1e99999")}, "too large or too small"),
            ("a / (b - c)", {"a": value("1"), "b": value("3"), "c": value("3")}, "divides by zero"),
        ],
    )
    def test_dividing_by_zero_and_figures_beyond_all_measure_are_refused(
        self, expression: str, values: dict[str, TypedValue], says: str
    ) -> None:
        with pytest.raises(InvalidInput, match=says):
            evaluate(expression, **values)

    def test_a_stored_figure_beyond_all_measure_is_refused_in_a_sentence(self) -> None:
        with pytest.raises(InvalidInput, match="too large or too small"):
            formulas.difference(value("1e999999", scale="1e999999"), value("1"))

    def test_a_name_without_a_premise_or_a_figure_and_a_premise_without_a_name_are_refused(self) -> None:
        with pytest.raises(InvalidInput, match="leads to no premise"):
            formulas.evaluate(Formula(expression="a * b", names={"a": "k"}), {"a": value("1")})
        with pytest.raises(InvalidInput, match="has no figure"):
            formulas.evaluate(Formula(expression="a * b", names={"a": "k", "b": "l"}), {"a": value("1")})
        with pytest.raises(InvalidInput, match="not in the formula"):
            formulas.evaluate(Formula(expression="a", names={"a": "k", "b": "l"}), {"a": value("1"), "b": value("1")})

    def test_ranges_are_the_least_and_greatest_corner(self) -> None:
        share = value("4", "percent", low="2", high="10")
        spend = value("50", "per player", "USD", low="40", high="60")
        product = evaluate("p * s * x", p=PLAYERS, s=share, x=spend)
        assert [product.low, product.number, product.high] == numbers(1_600_000, 4_000_000, 12_000_000)
        quotient = evaluate("p / x", p=value("100"), x=value("4", low="2", high="5"))
        assert [quotient.low, quotient.number, quotient.high] == numbers(20, 25, 50)

    def test_a_value_without_a_range_gives_none(self) -> None:
        given = evaluate("m * s", m=USD_100M, s=value("4", "percent"))
        assert (given.low, given.high) == (None, None)

    def test_the_result_is_rounded_once_to_twelve_digits(self) -> None:
        assert evaluate("a / b", a=value("1"), b=value("3")).number == Decimal("0.333333333333")
        assert evaluate("a / b * b", a=value("1"), b=value("3")).number == 1

    @settings(max_examples=100, deadline=None)
    @given(
        st.lists(st.decimals(min_value="0.01", max_value="1e12", places=2), min_size=3, max_size=3),
        st.sampled_from(("a * b / c", "(a + b) * c", "a - b - c", "a / (b + c)")),
    )
    def test_a_stored_value_has_difference_0_to_its_formula_after_json(
        self, numbers: list[Decimal], expression: str
    ) -> None:
        values = {name: TypedValue(number=n, low=n / 2, high=n * 2) for name, n in zip("abc", numbers, strict=True)}
        given = evaluate(expression, **values)
        back = {name: TypedValue.model_validate_json(v.model_dump_json()) for name, v in values.items()}
        assert (
            formulas.difference(TypedValue.model_validate_json(given.model_dump_json()), evaluate(expression, **back))
            == ""
        )

    @pytest.mark.parametrize(
        "change",
        [
            {"number": Decimal("4000000.01")}, {"scale": Decimal(1000)}, {"currency": "CAD"}, {"unit": "per player"},
            {"low": Decimal(1)}, {"low": None}, {"high": Decimal(9000000)}, {"period": "FY2021"},
        ],
    )  # fmt: skip
    def test_a_value_changed_in_one_way_differs_from_its_formula(self, change: dict[str, object]) -> None:
        market = value("100", currency="USD", scale="1000000", period="FY2022")
        given = evaluate("m * s", m=market, s=value("4", "percent", low="2", high="8"))
        assert formulas.difference(given, given) == ""
        assert formulas.difference(given.model_copy(update=change), given)


def tree_of(*rows: tuple[str, str | None, str | None]) -> list[formula_graph.Node]:
    """Nodes (key, number, expression); names in an expression are keys."""
    made = []
    for key, number, expression in rows:
        formula = None
        if expression:
            named = expressions.names(expressions.parse(expression))
            formula = Formula(expression=expression, names={name: name for name in named})
        made.append(formula_graph.node(key, value(number) if number else None, formula, ()))
    return made


MARKET = (
    ("people", "1000", None),
    ("share", "0.5", None),
    ("spend", "20", None),
    ("players", "500", "people * share"),
    ("market", "10000", "players * spend"),
    ("apart", "7", None),
    ("double", "14", "apart * 2"),
)


class TestGraph:
    def test_dependents_are_exactly_what_rests_on_the_changed_one(self) -> None:
        nodes = tree_of(*MARKET)
        assert formula_graph.dependents(nodes, {"share"}) == {"players", "market"}
        assert formula_graph.dependents(nodes, {"spend"}) == {"market"}
        assert formula_graph.dependents(nodes, {"apart"}) == {"double"}
        assert formula_graph.dependents(nodes, {"market"}) == frozenset()
        assert formula_graph.dependents(nodes, {"share", "players"}) == {"players", "market"}

    def test_a_premise_outside_the_formula_counts_as_rested_on(self) -> None:
        inferred = formula_graph.node("need", None, None, ["market"])
        assert "need" in formula_graph.dependents([*tree_of(*MARKET), inferred], {"share"})

    def test_a_cycle_is_refused(self) -> None:
        nodes = tree_of(("a", "1", "b * 1"), ("b", "1", "c * 1"), ("c", "1", "a * 1"))
        with pytest.raises(InvalidInput, match="rests on itself"):
            formula_graph.order(nodes)

    def test_two_different_nodes_with_one_key_are_refused(self) -> None:
        with pytest.raises(InvalidInput, match="key"):
            formula_graph.order(tree_of(("a", "1", None), ("a", "2", None)))

    def test_a_changed_input_changes_what_rests_on_it_and_nothing_else(self) -> None:
        before = formula_graph.recompute(tree_of(*MARKET))
        after = formula_graph.recompute(tree_of(("people", "1000", None), ("share", "0.4", None), *MARKET[2:]))
        assert {key for key in before if before[key] != after[key]} == {"share", "players", "market"}
        assert after["market"].number == 8000
        wrong = formula_graph.differences(tree_of(("people", "1000", None), ("share", "0.4", None), *MARKET[2:]))
        assert set(wrong) == {"players", "market"}
        assert wrong["players"] == "the figure is 500, the formula gives 400"

    def test_the_riskiest_inputs_are_those_that_move_the_figure_most(self) -> None:
        nodes = tree_of(("a", "100", None), ("b", "10", None), ("c", "1", None), ("t", "111", "a + b + c"))
        moved = formula_graph.riskiest(nodes, "t")
        assert [each.key for each in moved] == ["a", "b"]
        assert [end for each in moved for end in each[1:]] == numbers(61, 161, 106, 116)

    def test_among_inputs_that_move_alike_the_least_sure_comes_first_and_a_share_stops_at_all(self) -> None:
        market = formula_graph.node("a", value("100", currency="USD"), None, ())
        share = formula_graph.node("s", value("80", "percent", low="10", high="90"), None, ())
        rate = formula_graph.node("r", value("2", low="1.9", high="2.1"), None, ())
        formula = Formula(expression="a * s * r", names={"a": "a", "s": "s", "r": "r"})
        nodes = [market, share, rate, formula_graph.node("t", None, formula, ())]
        moved = {each.key: each for each in formula_graph.riskiest(nodes, "t", limit=3)}
        assert list(moved) == ["r", "a", "s"]  # the share moves less: it stops at 100 percent
        assert list(moved["s"][1:]) == numbers(80, 200)

    def test_only_a_computed_figure_is_moved(self) -> None:
        with pytest.raises(InvalidInput, match="computed"):
            formula_graph.riskiest(tree_of(*MARKET), "people")

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_recompute_is_deterministic_whatever_the_order_and_reopens_only_what_rests_on_a_change(
        self, data: st.DataObject
    ) -> None:
        size = data.draw(st.integers(3, 9))
        rows: list[tuple[str, str | None, str | None]] = []
        for place in range(size):
            number = str(data.draw(st.decimals(min_value="0.5", max_value="900", places=2)))
            below = [f"n{each}" for each in range(place)]
            if place >= 2 and data.draw(st.booleans()):
                one, other = data.draw(st.sampled_from(below)), data.draw(st.sampled_from(below))
                rows.append((f"n{place}", None, f"{one} {data.draw(st.sampled_from('+*/'))} {other}"))
            else:
                rows.append((f"n{place}", number, None))
        nodes = tree_of(*rows)
        first = formula_graph.recompute(nodes)
        shuffled = data.draw(st.permutations(nodes))
        assert list(formula_graph.recompute(shuffled).items()) == list(first.items())
        stored = [
            each._replace(value=TypedValue.model_validate_json(first[each.key].model_dump_json())) for each in nodes
        ]
        assert formula_graph.differences(stored) == {}
        changed = data.draw(st.sampled_from([key for key, number, _ in rows if number]))
        edited = [n._replace(value=value("901")) if n.key == changed else n for n in nodes]
        moved = {key for key, now in formula_graph.recompute(edited).items() if now != first[key]} - {changed}
        assert moved <= formula_graph.dependents(nodes, {changed})
