# docker compose up --build
# torch's own packages bring CUDA, so the slim image serves GPUs too; choose another base with --build-arg BASE=…
ARG BASE=python:3.11-slim
FROM ${BASE}

ENV STUDIO_HOME=/data PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements.lock ./
RUN python3 -m pip install -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY recipes recipes
COPY studio studio
RUN python3 -m pip install --no-deps --no-build-isolation . \
    && useradd --create-home --uid 1000 studio \
    && install -d -m 700 -o studio -g studio /data

USER studio
VOLUME /data
EXPOSE 7860
HEALTHCHECK --start-period=60s CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/health')"]
CMD ["studio", "serve", "--host", "0.0.0.0", "--no-browser", "--password-file", "/run/secrets/studio_password"]
