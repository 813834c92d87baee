"""The desk and its API beside the admin, as the project mounts them."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("reviews/", include("reviews.urls")),
    path("api/v1/", include("reviews.api_urls")),
]
