"""The project as an app (its checks), and the admin site's configuration."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class MrdProjectConfig(AppConfig):
    name = "mrd_project"
    default = True


class MrdAdminConfig(admin_apps.AdminConfig):
    default = False
    default_site = "mrd_project.site.MrdAdminSite"
