FROM node:22-slim@sha256:83f487e0a63425e5b4d146fb5e5be574bcbe1b7b843d3ebafdd95eaf7767a7e5 AS manifests
WORKDIR /app
ENV CI=true
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY clients/typescript/package.json clients/typescript/

FROM manifests AS build
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src src
COPY migrations migrations
COPY scripts/write-commit.mjs scripts/
COPY clients clients
COPY web web
# `docker build --build-arg GIT_COMMIT=$(git rev-parse HEAD) .`: there is no repository in here to ask.
ARG GIT_COMMIT
RUN npx --yes pnpm@12.21.0 run build

FROM manifests AS dependencies
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile --prod

FROM node:22-slim@sha256:83f487e0a63425e5b4d146fb5e5be574bcbe1b7b843d3ebafdd95eaf7767a7e5
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/web/dist web/dist
COPY package.json LICENSE ./
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=32", "dist/src/main.js"]
