# Two images, `cpu` (the default) and `cuda`: docs/docker.md tells how to build and run them.

# Any image with Node 24 and npm on Debian or Ubuntu, and any with the CUDA libraries that onnxruntime-node asks for.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG CUDA_IMAGE=nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04

FROM ${NODE_IMAGE} AS node

# The server and the bundled models as JavaScript, and the playground's pages.
FROM node AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=cache,target=/root/.npm npm ci
COPY tsconfig.json tsconfig.src.json tsconfig.models.json ./
COPY scripts ./scripts
COPY src ./src
COPY models ./models
COPY playground ./playground
RUN npm run build && chmod 755 dist/main.js && node scripts/image/prune.ts dist

# What the server needs at run time, for this platform alone. No package of these has to be compiled or fetches anything.
FROM node AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts
COPY scripts/image/prune.ts /tmp/
RUN node /tmp/prune.ts node_modules

# onnxruntime's CUDA provider is too large for npm. CUDA_PROVIDER=skip leaves it out, where there is no network: such an
# image serves on the CPU. TensorRT's would need libraries that the base does not have.
FROM modules AS cuda-modules
ARG CUDA_PROVIDER=fetch
RUN if [ "$CUDA_PROVIDER" != skip ]; then \
      ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js \
      && rm node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_tensorrt.so; \
    fi

FROM ${CUDA_IMAGE} AS cuda
COPY --from=node /usr/local/bin/node /usr/local/bin/node
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && mkdir /models && install -d -o 1000 -g 1000 /data \
    && ln -s /app/dist/main.js /usr/local/bin/reprise
WORKDIR /app
COPY --from=cuda-modules /app/node_modules ./node_modules
# onnxruntime says at the first prediction alone, and not clearly, that the base has another CUDA. The driver's own
# library comes with the GPU.
ARG CUDA_PROVIDER=fetch
RUN if [ "$CUDA_PROVIDER" != skip ]; then \
      provider=node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so; \
      needs=$(ldd "$provider") || exit 1; \
      if echo "$needs" | grep 'not found' | grep -v '^\s*libcuda\.so'; then \
        echo "The base lacks these libraries; give one with the CUDA of their number by --build-arg CUDA_IMAGE=..."; \
        exit 1; \
      fi; \
    fi
COPY package.json openapi.yaml LICENSE ./
COPY migrations ./migrations
COPY scripts/image/healthcheck.ts ./
COPY --from=build /app/dist ./dist
# What SQLite cannot keep in memory may be as large as the database: /tmp may be small, or closed.
ENV NODE_ENV=production SQLITE_TMPDIR=/data
ENV REPRISE_HOST=0.0.0.0 REPRISE_PORT=3000 REPRISE_DATA_DIR=/data REPRISE_MODELS_DIR=/models
LABEL org.opencontainers.image.title="Reprise" \
      org.opencontainers.image.description="Replicate's HTTP API served from your own machine" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 1000:1000
EXPOSE 3000
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/app/healthcheck.ts"]
ENTRYPOINT ["/usr/bin/tini", "--", "node", "--max-semi-space-size=8", "/app/dist/main.js"]
CMD ["serve"]

FROM node AS cpu
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && mkdir /models && install -d -o 1000 -g 1000 /data \
    && ln -s /app/dist/main.js /usr/local/bin/reprise
WORKDIR /app
COPY --from=modules /app/node_modules ./node_modules
COPY package.json openapi.yaml LICENSE ./
COPY migrations ./migrations
COPY scripts/image/healthcheck.ts ./
COPY --from=build /app/dist ./dist
ENV NODE_ENV=production SQLITE_TMPDIR=/data
ENV REPRISE_HOST=0.0.0.0 REPRISE_PORT=3000 REPRISE_DATA_DIR=/data REPRISE_MODELS_DIR=/models
LABEL org.opencontainers.image.title="Reprise" \
      org.opencontainers.image.description="Replicate's HTTP API served from your own machine" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 1000:1000
EXPOSE 3000
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/app/healthcheck.ts"]
ENTRYPOINT ["/usr/bin/tini", "--", "node", "--max-semi-space-size=8", "/app/dist/main.js"]
CMD ["serve"]
