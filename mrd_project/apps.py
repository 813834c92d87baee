"""The project as an app (its checks), and the admin site's configuration."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class MrdProjectConfig(AppConfig):
    name = "mrd_project"
    default = True

    def ready(self) -> None:
        from . import checks  # noqa: F401 - registers them


class MrdAdminConfig(admin_apps.AdminConfig):
    default = False
    default_site = "mrd_project.site.MrdAdminSite"
