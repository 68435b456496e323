# One image for web, worker and beat; docker-compose.yml sets the command of each container.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    VAR_DIR=/var/lib/newsroom

WORKDIR /srv/newsroom

# The packages change less often than the code, so they come first; every one is checked by hash.
COPY requirements.lock .
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

RUN useradd --system --uid 10001 --home-dir /var/lib/newsroom newsroom \
    && install -d -o newsroom -g newsroom /var/lib/newsroom /var/lib/newsroom/epoch /var/lib/newsroom/media

COPY . .

USER newsroom

# Static files are part of the image. The variables are only needed to read the settings and are not
# stored. The editor's demonstration pages are left out.
RUN SECRET_KEY=only-while-building-and-kept-nowhere-in-the-image-itself \
    SITE_URL=https://build.invalid EMAIL_URL=smtp://build.invalid \
    python manage.py collectstatic --noinput --verbosity 0 --ignore tests --ignore preview.html

# Only uploads, and what shows that a database was restored, need to survive the container.
VOLUME /var/lib/newsroom/media /var/lib/newsroom/epoch

EXPOSE 8000
# The request uses the host name of SITE_URL, because any other is refused.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os; from urllib.parse import urlsplit; from urllib.request import Request, urlopen; urlopen(Request('http://127.0.0.1:8000/healthz', headers={'Host': urlsplit(os.environ['SITE_URL']).netloc}), timeout=4)"]

# The rest is in gunicorn.conf.py.
CMD ["gunicorn", "newsroom.wsgi", "--bind", "0.0.0.0:8000"]
