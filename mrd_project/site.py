"""The admin site staff work in."""

from django.contrib import admin


class MrdAdminSite(admin.AdminSite):
    site_header = "MRD Desk"
    site_title = "MRD Desk"
    index_title = "Work"
