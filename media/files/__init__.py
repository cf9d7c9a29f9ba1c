"""Finished files: probe and derive. Runs in the worker only, parsers and encoders as limited children.

Nothing here knows a database, a case or a page. A file is a `Source`: `LocalFile(path)`, or anything with `size` and
`read(offset, length) -> bytes` (a range reader over a remote object). Results are frozen dataclasses, and `plain(value)`
makes JSON of any of them. What is wrong is a `FileRefused` whose `code` is in `errors.CODES`, the one list; pages have a
sentence for each. Media times are integer ticks of a stated time base, or seconds as float where only shown.

What a worker calls, in this order (module, function, result):

    source      LocalFile(path)
    kind        sniff(source) -> Kind(kind, format)      kind: video audio photo document sidecar zip; by content, never by name
    archive     entries(path) -> list[Entry]; unpack(path, entry, out)           a ZIP's harmless members, bombs refused
    examine     examine(source) -> Media                 containers, streams, colour, rotation, times, damage; .playable says
                                                         whether `package` will do (else `transcode`), .why_not says why not
    package     package(source, media, folder) -> Package   fMP4 without encoding: one file a track, named in .tracks[].file;
                                                         HLS by byte ranges: playlists(package) -> {name: text};
                                                         index(package) -> the JSON for our player; .stamps of the video
    transcode   ladder(media) -> list[Rung], lowest first;  transcode(path, media, rung, out, progress, cancelled) -> Path
                                                         an MP4 with every source frame: give it to examine and package
    stamps      Stamps: presented time stamps; .index(seconds), .moment(index); carry(source, other, index)
    pipeline    derive(source, media, folder, progress, cancelled) -> Derived    poster.jpg storyboard.jpg storyboard.vtt
                                                         waveform.json and quality, in one decode
    photo       develop(source, folder) -> Photo         facts, thumbnail.jpg, view.jpg, tiles/ (deep zoom) for large ones
    document    pages(source, folder) -> Document        page-N.jpg and facts of a PDF
    telemetry   read_sidecar(data) / read_video(source, media) / read_photo(photo) -> Telemetry | None
                geojson(t), gpx(t); check(t, polygon, window, container_time, ...) -> list of Check (code + figures)
    pair        pairs(names) -> {sidecar name: video name}

`progress(share: float)` is called with 0..1; `cancelled() -> bool` is asked about four times a second (`Cancelled` is
raised). Files are written under the names above inside `folder`, which must exist; after an error or a kill they may be
partial: start again, everything is overwritten. `limited.run` serves recorded bytes (snapshots, `probe`).
"""
