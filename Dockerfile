# syntax=docker/dockerfile:1
# Stage one has pip and, should a wheel be missing, a compiler; none of it reaches stage two.
FROM python:3.12-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
RUN python -m venv --copies /opt/opsbot
WORKDIR /src
COPY requirements.lock .
RUN /opt/opsbot/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY runbooks runbooks
COPY templates templates
# --no-build-isolation: the build backend comes from the lock as well.
RUN /opt/opsbot/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
 && /opt/opsbot/bin/python -m compileall -q /opt/opsbot/lib \
 && /opt/opsbot/bin/pip uninstall -y -q pip

FROM python:3.12-slim
LABEL org.opencontainers.image.title="opsbot" \
      org.opencontainers.image.description="A self-hosted, deterministic first responder for Kubernetes alerts" \
      org.opencontainers.image.licenses="Apache-2.0"
# The fonts of charts with Korean words.
RUN apt-get update \
 && apt-get install -y --no-install-recommends fonts-nanum \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin opsbot \
 && install -d -o 10001 -g 10001 /data
COPY --from=build /opt/opsbot /opt/opsbot
# The root file system may be read-only: all that is written goes to /data.
ENV PATH=/opt/opsbot/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/data \
    OPSBOT_HOST=0.0.0.0 \
    OPSBOT_PORT=8080 \
    OPSBOT_STORE_URL=sqlite:////data/opsbot.db
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-I", "-c", "import os, http.client as h; c = h.HTTPConnection('127.0.0.1', int(os.environ['OPSBOT_PORT']), timeout=2); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["opsbot"]
CMD ["serve"]
