# docker build -f deploy/docker/agent.Dockerfile -t bailey-agent .
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -tags grpcnotrace -trimpath -ldflags "-s -w -X github.com/baileybridge/bailey/agent/internal/app.Version=$VERSION" -o /bailey-agent ./agent \
 && mkdir -p /empty/tmp && chmod 1777 /empty/tmp

FROM scratch
COPY --from=build /bailey-agent /bailey-agent
# bailey plan --diff works on temporary copies, up to 2 GiB: on disk, also where the root is read-only.
COPY --from=build /empty/tmp /tmp
VOLUME /tmp
# nobody: give it the group of the site's files with --group-add where they are not readable for all.
USER 65534:65534
ENTRYPOINT ["/bailey-agent"]
CMD ["serve", "--help"]
