# The gateway as a small image: compiled sources, production dependencies, no package manager, an ordinary user.
#   docker build -t toolgate:0.1.0 .
#   docker run --read-only --tmpfs /tmp -v toolgate-data:/data -v ./conf:/etc/toolgate:ro -p 127.0.0.1:8080:8080 toolgate:0.1.0
# Scripts of packages are not run: the only one would fetch the Node that the base image already is.

FROM node:24.21.0-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

FROM node:24.21.0-trixie-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-trixie-slim
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* /usr/local/bin/yarn* \
  && install -d -o node -g node -m 0700 /data
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
# A bundle is taken only if the product library inside is this one.
COPY policies/toolgate ./policies/toolgate
COPY deploy/healthcheck.mjs ./deploy/healthcheck.mjs
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "/app/deploy/healthcheck.mjs"]
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "/app/dist/cli/main.js"]
CMD ["serve", "--config", "/etc/toolgate/toolgate.yaml"]
