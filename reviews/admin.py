"""Put the reviewers' actions on the admin's list of claims: research may not know that there are reviewers."""

from django.contrib import admin

from research.models import Claim

from .admin_actions import ACTIONS

_claims = admin.site.get_model_admin(Claim)
_claims.actions = [*(_claims.actions or ()), *ACTIONS]
