"""Tokens in the account of calls, what a day has used, and how a run wants to be carried out."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate

# Runs from before were given no limit on tokens.
NO_LIMIT = 10**15


def book_days(apps, schema_editor):
    """Write the days' account of the calls there are: what ended is used, what is in flight is reserved."""
    rows = (
        apps.get_model("research", "Call")
        .objects.annotate(day=TruncDate("started_at", tzinfo=dt.UTC))
        .values("day", "run__requester_id", "state")
        .annotate(
            calls=Count("id"),
            reserved_searches_=Sum("reserved_searches"),
            reserved_cost_=Sum("reserved_cost_usd"),
            searches_=Sum("searches"),
            cost_=Sum("cost_usd"),
            unpriced_=Count("id", filter=Q(cost_usd__isnull=True)),
        )
        .order_by()
    )
    days = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        for scope in (f"user:{row['run__requester_id']}", "all"):
            day = days[scope, row["day"]]
            if row["state"] == "intent":
                day["reserved_calls"] += row["calls"]
                day["reserved_searches"] += row["reserved_searches_"]
                day["reserved_cost_usd"] += row["reserved_cost_"]
            else:
                day["used_calls"] += row["calls"]
                day["used_searches"] += row["searches_"]
                day["used_cost_usd"] += row["cost_"] or 0
                day["unpriced_calls"] += row["unpriced_"]
    budgets = apps.get_model("research", "DayBudget")
    budgets.objects.bulk_create(
        budgets(scope=scope, day=day, **amounts) for (scope, day), amounts in sorted(days.items())
    )


class Migration(migrations.Migration):
    dependencies = [("research", "0008_passage_page_and_context")]

    operations = [
        migrations.CreateModel(
            name="DayBudget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.CharField(max_length=40)),
                ("day", models.DateField()),
                ("reserved_calls", models.PositiveIntegerField(default=0)),
                ("reserved_searches", models.PositiveIntegerField(default=0)),
                ("reserved_tokens", models.PositiveBigIntegerField(default=0)),
                ("reserved_cost_usd", models.DecimalField(decimal_places=6, default=0, max_digits=14)),
                ("used_calls", models.PositiveIntegerField(default=0)),
                ("used_searches", models.PositiveIntegerField(default=0)),
                ("used_tokens", models.PositiveBigIntegerField(default=0)),
                ("used_cost_usd", models.DecimalField(decimal_places=6, default=0, max_digits=14)),
                ("unpriced_calls", models.PositiveIntegerField(default=0)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("scope", "day"), name="day_budget_once_a_scope")]},
        ),
        migrations.RemoveConstraint(model_name="call", name="call_key_once"),
        migrations.AddConstraint(
            model_name="call",
            constraint=models.UniqueConstraint(fields=("key", "run", "repeat"), name="call_key_once"),
        ),
        migrations.AlterField(
            model_name="call",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="calls",
                to="research.run",
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="cached_from",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(model_name="call", name="reserved_tokens", field=models.PositiveBigIntegerField(default=0)),
        migrations.AddField(model_name="call", name="tokens", field=models.PositiveBigIntegerField(default=0)),
        migrations.AddField(
            model_name="runbudget",
            name="max_tokens",
            field=models.PositiveBigIntegerField(default=NO_LIMIT),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="runbudget", name="reserved_tokens", field=models.PositiveBigIntegerField(default=0)
        ),
        migrations.AddField(
            model_name="runbudget", name="used_tokens", field=models.PositiveBigIntegerField(default=0)
        ),
        migrations.AddField(model_name="run", name="bypass_cache", field=models.BooleanField(default=False)),
        migrations.AddField(model_name="run", name="finishing", field=models.BooleanField(default=False)),
        migrations.AddField(
            model_name="run",
            name="priority",
            field=models.CharField(choices=[("normal", "Normal"), ("batch", "Batch")], default="normal", max_length=10),
        ),
        migrations.AlterField(
            model_name="source",
            name="kind",
            field=models.CharField(
                choices=[
                    ("upload", "Upload"),
                    ("web_page", "web page"),
                    ("record", "Record"),
                    ("lead", "unverified lead"),
                ],
                max_length=12,
            ),
        ),
        migrations.RunPython(book_days, migrations.RunPython.noop),
    ]
