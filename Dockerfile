# One image for web, worker, beat and backups; docker-compose.yml sets the command of each container.
#
# A tag may get other content. To pin what you have tried, give the digest of the base image, which
# `docker buildx imagetools inspect python:3.11-slim-bookworm` prints:
#   docker build --build-arg PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:… .
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

# --- The packages, in a folder of their own; every one is checked by hash. They change less often
# than the code, so they come first.
FROM ${PYTHON_IMAGE} AS packages

WORKDIR /srv/newsroom
COPY requirements.lock .
RUN python -m venv --without-pip /opt/newsroom \
    && pip --python /opt/newsroom/bin/python install --no-cache-dir --disable-pip-version-check \
       --only-binary :all: --require-hashes -r requirements.lock

# --- What runs: no pip, no compiler.
FROM ${PYTHON_IMAGE}

# For backups: programs of the server's version, and age to encrypt.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends age postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && pip uninstall --yes --root-user-action ignore setuptools wheel pip \
    && rm -rf /usr/local/lib/python3.*/ensurepip

ENV PATH=/opt/newsroom/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    VAR_DIR=/var/lib/newsroom

RUN groupadd --system --gid 10001 newsroom \
    && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/newsroom newsroom \
    && install --directory --owner newsroom --group newsroom /var/lib/newsroom \
       /var/lib/newsroom/backups /var/lib/newsroom/epoch /var/lib/newsroom/media

WORKDIR /srv/newsroom
COPY --from=packages /opt/newsroom /opt/newsroom
COPY . .

# By number, so that Kubernetes sees that it is not root.
USER 10001:10001

# Static files are part of the image. The variables are only needed to read the settings and are not
# stored. The editor's demonstration pages are left out.
RUN SECRET_KEY=only-while-building-and-kept-nowhere-in-the-image-itself \
    SITE_URL=https://build.invalid EMAIL_URL=smtp://build.invalid \
    python manage.py collectstatic --noinput --verbosity 0 --ignore tests --ignore preview.html

# Only uploads, backups, and what shows that a database was restored, need to survive the container.
# Everything else may be read-only, except /tmp.
VOLUME /var/lib/newsroom/media /var/lib/newsroom/epoch /var/lib/newsroom/backups

EXPOSE 8000
# The request uses the host name of SITE_URL, because any other is refused.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os; from urllib.parse import urlsplit; from urllib.request import Request, urlopen; urlopen(Request('http://127.0.0.1:8000/healthz', headers={'Host': urlsplit(os.environ['SITE_URL']).netloc}), timeout=4)"]

# The rest is in gunicorn.conf.py.
CMD ["gunicorn", "newsroom.wsgi", "--bind", "0.0.0.0:8000"]
