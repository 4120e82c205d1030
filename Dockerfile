# The service on the CPU: `docker build --tag mediclip:0.1.0 .`
# Base images are named by exact version. Where they have to be immutable, add the digest that your registry shows.

FROM node:24.21.0-bookworm-slim AS manifests
WORKDIR /source
COPY . .
# Only these files decide which packages are installed: the stages below install again only when one of them changed.
RUN mkdir /manifests && cp --parents .npmrc package.json package-lock.json packages/*/package.json apps/*/package.json \
    scripts/remove-foreign-binaries.mjs /manifests

FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY --from=manifests /manifests ./
RUN npm ci --omit=dev \
 && node scripts/remove-foreign-binaries.mjs \
 && rm -r scripts

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /source
COPY --from=manifests /manifests ./
RUN npm ci
COPY . .
RUN node_modules/.bin/tsc -b \
 && node scripts/build-page.mjs \
 && find packages apps -path '*/dist/*' -name '*.test.*' -delete \
 && mkdir /app \
 && cp --parents -r LICENSE NOTICE bin scripts/bootstrap.mjs scripts/healthcheck.mjs \
    packages/*/dist packages/backbones/assets packages/backbones/weights apps/*/dist apps/api/assets /app

FROM node:24.21.0-bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tini=0.19.0-* \
 && rm -rf /var/lib/apt/lists/* \
 && install --directory --owner=1000 --group=1000 /data \
 && install --directory --owner=1000 --group=1000 --mode=0750 /run/secrets
WORKDIR /app
COPY --from=dependencies /app ./
COPY --from=build /app ./
# Fixed thresholds: the C library gives the memory of large uploads back instead of keeping it.
ENV MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
ENV NODE_ENV=production MEDICLIP_DATA_DIR=/data
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["node", "scripts/healthcheck.mjs"]
ENTRYPOINT ["tini", "--", "node", "bin/mediclip.mjs"]
CMD ["serve"]
