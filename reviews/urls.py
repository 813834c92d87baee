"""Addresses of the review desk; the project mounts them under `reviews/`."""

from django.urls import path

from .views import adding, claims, document, plan, queue, section

app_name = "reviews"
urlpatterns = [
    path("", queue.index, name="queue"),
    path("<uuid:run_id>/", queue.run, name="run"),
    path("<uuid:run_id>/plan/", plan.plan, name="plan"),
    path("<uuid:run_id>/claims/", claims.claims, name="claims"),
    path("<uuid:run_id>/claims/add/", adding.add, name="add_claim"),
    path("<uuid:run_id>/claims/<int:claim_id>/", claims.claim, name="claim"),
    path("<uuid:run_id>/sections/", section.sections, name="sections"),
    path("sections/<int:section_id>/", section.short, name="section"),
    path("<uuid:run_id>/sections/<int:section_id>/", section.section, name="section"),
    path("<uuid:run_id>/document/", document.document, name="sign_off"),
]
