# docker build -f deploy/docker/orchestrator.Dockerfile -t bailey .
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -tags grpcnotrace -trimpath -ldflags "-s -w -X github.com/baileybridge/bailey/orchestrator/internal/app.version=$VERSION" -o /bailey ./orchestrator \
 && mkdir -p /empty/data && chmod 0700 /empty/data

FROM scratch
COPY --from=build /bailey /bailey
COPY --from=build --chown=65534:65534 /empty/data /data
USER 65534:65534
VOLUME /data
ENTRYPOINT ["/bailey"]
CMD ["--help"]
