# One image for every role; the argument says which: `docker run takan web --data /data`.
# The environment and the pages are made while the image is built; at run time nothing is written outside /data.
FROM python:3.11-slim
WORKDIR /srv/takan
COPY . .
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev \
 && ./takan setup \
 && apt-get purge -y --auto-remove gcc libc6-dev \
 && rm -rf "$HOME/.cache" "$HOME/.npm" /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data takan \
 && install -d -o takan /data
USER takan
VOLUME /data
EXPOSE 8400 8401 8402/udp
ENTRYPOINT ["./takan"]
CMD ["help"]
