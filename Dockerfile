# The CPU image for amd64 and arm64: `docker build -t camid .`; `make prove-image` tries its steps without Docker.
#
#   docker run --rm -p 127.0.0.1:8470:8470 -v camid-data:/data camid       (prints the token at its first start)
#   docker run --rm -v "$PWD:/photos:ro" camid photo /photos/street.jpg
#
# NOTICE says what the GPL and LGPL libraries inside mean for whoever passes the image on.

FROM python:3.13-slim-trixie AS build
# HEIC=0 leaves out pillow-heif, whose wheel contains the GPL-licensed x265.
ARG HEIC=1
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/camid
WORKDIR /src
COPY requirements.lock ./
RUN /opt/camid/bin/pip install --only-binary :all: --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY edge ./edge
COPY models ./models
RUN /opt/camid/bin/pip install --no-build-isolation --no-deps . \
 && /opt/camid/bin/pip uninstall --yes hatchling editables pathspec pluggy tomlkit trove-classifiers \
 && if [ "$HEIC" = 0 ]; then /opt/camid/bin/pip uninstall --yes pillow-heif; fi \
 && /opt/camid/bin/python -m compileall -q /opt/camid/lib

FROM python:3.13-slim-trixie
COPY --from=build /opt/camid /opt/camid
COPY LICENSE NOTICE /usr/share/doc/camid/
RUN useradd --system --uid 10001 --create-home --home-dir /home/camid camid \
 && install -d -o camid -g camid -m 0700 /data
# Inside the container every address is the container's own; the token guards it, `-p 127.0.0.1:` keeps it local.
ENV PATH=/opt/camid/bin:$PATH CAMID_HOST=0.0.0.0 CAMID_DATA_DIR=/data PYTHONUNBUFFERED=1
USER camid
WORKDIR /data
VOLUME /data
EXPOSE 8470
HEALTHCHECK --interval=30s --timeout=6s --start-period=60s CMD ["python", "-P", "-m", "edge.operation.alive"]
ENTRYPOINT ["camid"]
CMD ["serve"]
