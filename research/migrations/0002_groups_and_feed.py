from django.db import migrations

GROUPS = ["requester", "reviewer", "regulatory reviewer", "approver", "auditor", "administrator"]


def forwards(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for name in GROUPS:
        Group.objects.get_or_create(name=name)
    apps.get_model("research", "LibraryFeed").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("research", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
