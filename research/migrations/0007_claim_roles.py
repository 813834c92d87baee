"""What a claim is in the document, and how a computed one follows: role, attributes, formula."""

import importlib

from django.db import migrations, models

append_only = importlib.import_module("research.migrations.0003_append_only")
TABLE = "research_claimrevision"


def open_up(apps, schema_editor):
    append_only.unprotect(schema_editor, TABLE)


def close(apps, schema_editor):
    append_only.protect(schema_editor, TABLE)


class Migration(migrations.Migration):
    dependencies = [("research", "0006_api_keys_name")]

    operations = [
        migrations.RunPython(open_up, close),
        migrations.AddField("claimrevision", "role", models.CharField(default="fact", max_length=16)),
        migrations.AddField("claimrevision", "attributes", models.JSONField(blank=True, default=dict)),
        migrations.AddField("claimrevision", "formula", models.JSONField(blank=True, null=True)),
        migrations.RunPython(close, open_up),
    ]
