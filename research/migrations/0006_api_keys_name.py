from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("research", "0005_api_idempotency"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="apitoken",
            options={"verbose_name": "API key", "verbose_name_plural": "API keys"},
        ),
    ]
