# One image for the site and the worker: `gunicorn …` (the default) or `python manage.py worker`.
FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/pip install -r requirements.txt

FROM python:3.13-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=mrd_project.settings MRD_VAR_DIR=/var/lib/mrd MRD_LOG_JSON=true
# The exports pdf and docx are set with these (README.md, "You need").
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
      fonts-liberation \
 && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10001 mrd \
 && useradd --system --uid 10001 --gid mrd --no-create-home --home-dir /var/lib/mrd --shell /usr/sbin/nologin mrd \
 && install -d -o mrd -g mrd -m 0750 /var/lib/mrd
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY manage.py pyproject.toml ./
COPY deploy/gunicorn.conf.py deploy/healthcheck.py deploy/
COPY mrd_project mrd_project
COPY research research
COPY reviews reviews
COPY templates templates
# Static files are part of the image, outside the volume that /var/lib/mrd becomes.
ENV MRD_STATIC_DIR=/app/static
RUN MRD_VAR_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 && rm -rf /tmp/build
USER 10001:10001
VOLUME /var/lib/mrd
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "deploy/healthcheck.py"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "mrd_project.wsgi:application"]
