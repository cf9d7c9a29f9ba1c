/* The node's common case without an interpreter: the next packet of a known source, from the kernel to every viewer.
 *
 * Everything that is not plainly that (another source, a hole, what fills it, RTCP, STUN, DTLS, damage) is left to Python,
 * which does the whole of it by itself too: media/live holds the rules, this file repeats the part of them that every
 * packet meets. Called from one thread, which keeps the interpreter's lock; only `fast_wait` gives it up, and while it
 * waits and forwards no other thread may touch what it reads. */

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include "fast.h"

#define LARGEST (FAST_SLOT - 160) /* bytes of a packet to send: what SRTP appends must fit behind it */
#define SOURCE_END 40             /* in a message's 64 bytes of controls the source's end here, the size's begin */
#define CONTROLS 64
#define UDP_SEGMENT_OPTION 103
#define HEADER 12 /* bytes of an RTP header without extensions */

typedef int (*srtp_function)(void *context, void *packet, int *length);

static uint32_t read16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
static uint32_t read32(const uint8_t *at) { return read16(at) << 16 | read16(at + 2); }

static void write16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void write32(uint8_t *at, uint32_t value) {
    write16(at, value >> 16);
    write16(at + 2, value);
}

/* A sum of sizes by which Python sees that it reads the same structures. */
int fast_layout(void) {
    size_t sizes[] = {sizeof(struct fast_outbox), sizeof(struct fast_inbox), sizeof(struct fast_source),
                      sizeof(struct fast_track),  sizeof(struct fast_peer),  sizeof(struct fast_outlet),
                      sizeof(struct fast_board),  sizeof(struct fast_unit),  sizeof(struct fast_walk)};
    int sum = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) sum = (sum * 31 + (int)sizes[i]) & 0xFFFFFF;
    return sum;
}

/* ---- who is where ------------------------------------------------------------------------------------------------ */

static struct fast_place *seek(struct fast_board *board, const uint8_t *raw, uint32_t length) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (uint32_t i = 0; i < length; i++) hash = (hash ^ raw[i]) * 16777619u;
    for (uint32_t step = 0; step <= board->mask; step++) {
        struct fast_place *place = &board->places[(hash + step) & board->mask];
        if (!place->length || (place->length == length && !memcmp(place->raw, raw, length))) return place;
    }
    return NULL;
}

/* Put a peer at an address, or nobody. 0 when the table is half full: make a larger one. */
int fast_place(struct fast_board *board, const uint8_t *raw, uint32_t length, struct fast_peer *peer) {
    if (!length || length > FAST_NAME) return 0;
    struct fast_place *place = seek(board, raw, length);
    if (!place) return 0;
    if (!place->length) {
        if (!peer) return 1;
        if (2 * (board->used + 1) > board->mask) return 0;
        board->used++;
        memcpy(place->raw, raw, length);
        place->length = length;
    }
    place->peer = peer;
    return 1;
}

/* ---- out --------------------------------------------------------------------------------------------------------- */

/* The first of `box->granted` slots in a row, `count` at most, addressed to `to`. */
uint32_t fast_reserve(struct fast_outbox *box, const struct fast_name *to, uint32_t count) {
    if (count > box->queue - box->next) fast_flush(box);
    uint32_t first = box->next, left = box->queue - first;
    box->granted = count < left ? count : left;
    if (box->granted) {
        struct fast_run *run = &box->run[box->runs++];
        run->first = first;
        run->count = box->granted;
        run->to = *to;
        box->next = first + box->granted;
    }
    return first;
}

static int same(const struct fast_name *one, const struct fast_name *other) {
    return one->length == other->length && !memcmp(one->raw, other->raw, one->length);
}

static int refuses(const struct fast_outbox *box, const struct fast_name *to) {
    uint32_t known = box->refusals < FAST_REFUSALS ? box->refusals : FAST_REFUSALS;
    for (uint32_t i = 0; i < known; i++)
        if (same(&box->refused[i], to)) return 1;
    return 0;
}

/* One message of `count` slots from `slot` on; the kernel cuts it into datagrams of `size` bytes (udp(7)). */
static void address(struct fast_outbox *box, uint32_t slot, uint32_t count, size_t size, const struct fast_name *to) {
    uint32_t index = box->messages++;
    struct fast_run *message = &box->message[index];
    struct msghdr *header = &((struct mmsghdr *)box->headers)[index].msg_hdr;
    uint8_t *controls = box->controls + (size_t)index * CONTROLS + SOURCE_END;
    message->first = slot;
    message->count = count;
    if (&message->to != to) message->to = *to;
    header->msg_name = message->to.raw;
    header->msg_namelen = message->to.length;
    header->msg_iov = (struct iovec *)box->iovecs + slot;
    header->msg_iovlen = count;
    size_t length = message->to.source_length, begin = length;
    memcpy(controls - length, message->to.source, length);
    if (count > 1) {
        struct cmsghdr cut = {.cmsg_len = CMSG_LEN(2), .cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT_OPTION};
        uint16_t value = (uint16_t)size;
        memset(controls, 0, CMSG_SPACE(2));
        memcpy(controls, &cut, sizeof cut);
        memcpy(controls + CMSG_LEN(0), &value, 2);
        length += CMSG_SPACE(2);
    }
    header->msg_control = length ? controls - begin : NULL;
    header->msg_controllen = length;
}

/* Make messages of the runs, as few as may be. */
static void compose(struct fast_outbox *box) {
    struct iovec *iovecs = box->iovecs;
    for (uint32_t i = 0; i < box->runs; i++) {
        struct fast_run *run = &box->run[i];
        uint32_t longest = refuses(box, &run->to) ? 1 : box->longest, at = run->first, end = at + run->count;
        while (at < end) {
            size_t size = iovecs[at].iov_len;
            uint32_t stop = at + 1, limit = end - at < longest ? end : at + longest;
            if (size) {
                while (stop < limit && iovecs[stop].iov_len == size) stop++;
                if (stop < limit && iovecs[stop].iov_len && iovecs[stop].iov_len < size) stop++; /* the last may be shorter */
                address(box, at, stop - at, size, &run->to);
            }
            at = stop;
        }
    }
    box->runs = 0;
}

/* The kernel refuses the message that is next: skip it, or send its datagrams one by one from now on. */
static void refused(struct fast_outbox *box) {
    struct fast_run *message = &box->message[box->first];
    if (message->count == 1) {
        box->errors++;
        box->first++;
        return;
    }
    box->refused[box->refusals++ % FAST_REFUSALS] = message->to;
    box->runs = box->messages - box->first;
    memcpy(box->run, message, box->runs * sizeof *message);
    box->messages = box->first = 0;
    compose(box);
}

/* Hand the waiting datagrams to the kernel; one that it refuses is counted and skipped. What it does not take waits. */
void fast_flush(struct fast_outbox *box) {
    compose(box);
    while (box->first < box->messages) {
        struct mmsghdr *headers = (struct mmsghdr *)box->headers + box->first;
        int done = sendmmsg(box->fd, headers, box->messages - box->first, MSG_DONTWAIT);
        for (int i = 0; i < done; i++) box->sent += box->message[box->first++].count;
        if (done > 0 || (done < 0 && errno == EINTR)) continue;
        if (errno == EAGAIN || errno == ENOBUFS) return;
        refused(box);
    }
    box->first = box->messages = box->next = 0;
}

/* ---- what is kept of a track -------------------------------------------------------------------------------------- */

/* Keep a packet for loss requests and joining viewers; 0 when it is there already, or a newer one in its place. */
int fast_keep(struct fast_track *track, int64_t number, uint8_t marker, uint32_t stamp, const uint8_t *payload, uint32_t size) {
    struct fast_kept *kept = &track->kept[number & track->mask];
    if (kept->number >= number || size > FAST_SLOT || size > track->arena_size) return 0;
    uint32_t offset = (uint32_t)(track->head & (track->arena_size - 1));
    if (offset + size > track->arena_size) { /* a packet lies in one piece */
        track->head += track->arena_size - offset;
        offset = 0;
    }
    kept->number = number;
    kept->at = track->head;
    kept->stamp = stamp;
    kept->size = (uint16_t)size;
    kept->marker = marker;
    if (size) memcpy(track->arena + offset, payload, size);
    track->head += size;
    return 1;
}

/* The index of the packet with this number in `kept`, -1 when it is not there any more. */
int64_t fast_find(struct fast_track *track, int64_t number) {
    struct fast_kept *kept = &track->kept[number & track->mask];
    int there = number > 0 && kept->number == number && track->head - kept->at <= track->arena_size;
    return there ? number & track->mask : -1;
}

/* For the recorder: arrival, length, the packet. 0 when there is no room. */
int fast_log(struct fast_track *track, int64_t arrival_us, const uint8_t *packet, uint32_t size) {
    if (!track->log || size > track->log_size || track->log_size - track->log_used < HEADER + size) return 0;
    uint8_t *at = track->log + track->log_used;
    memcpy(at, &arrival_us, 8);
    memcpy(at + 8, &size, 4);
    memcpy(at + 12, packet, size);
    track->log_used += 12 + size;
    track->log_packets++;
    return 1;
}

/* ---- in ---------------------------------------------------------------------------------------------------------- */

/* Whether a payload begins a key frame; as `begins_key_frame` of media/wire/{h264,vp8,vp9,av1}.py. */
static int begins_key(uint8_t codec, const uint8_t *p, uint32_t size) {
    uint8_t kind = p[0] & 0x1F;
    uint32_t at = 1;
    switch (codec) {
    case 1:
        if (kind == 28) return size > 1 && p[1] & 0x80 && (p[1] & 0x1F) == 5;
        if (kind == 24) return size > 3 && ((p[3] & 0x1F) == 5 || (p[3] & 0x1F) == 7);
        return kind == 5 || kind == 7;
    case 2:
        if (p[0] & 0x80) {
            if (at >= size) return 0;
            uint8_t more = p[at++];
            if (more & 0x80) at += at < size && p[at] & 0x80 ? 2 : 1;
            at += !!(more & 0x40) + !!(more & 0x30);
        }
        return (p[0] & 0x17) == 0x10 && at < size && !(p[at] & 1);
    case 3:
        if ((p[0] & 0x48) != 0x08) return 0;
        if (p[0] & 0x80) at += size > 1 && p[1] & 0x80 ? 2 : 1;
        return !(p[0] & 0x20) || (at < size && !(p[at] & 0x0E));
    case 4:
        return (p[0] & 0x88) == 0x08;
    }
    return 0;
}

/* The transport-wide number among the one-byte header extensions (RFC 8285, 4.2), -1 without one. */
static int64_t wide_number(const uint8_t *at, const uint8_t *end, uint8_t wanted) {
    while (at < end) {
        uint8_t head = *at++;
        ptrdiff_t size = (head & 0x0F) + 1;
        if (!head) continue;
        if (head >> 4 == 15) return -1;
        if (head >> 4 == wanted) return size >= 2 && size <= end - at ? (int64_t)read16(at) : -1;
        at += size;
    }
    return -1;
}

/* As `Source.note`, of the next packet in order. */
static void note(struct fast_source *source, uint32_t stamp, int64_t arrival_us, uint32_t length) {
    source->received++;
    source->bytes += length;
    source->highest++;
    if (stamp != (uint32_t)source->stamp) {
        int64_t clock = arrival_us / 1000000 * source->rate + arrival_us % 1000000 * source->rate / 1000000;
        int64_t transit = clock - stamp, moved = (int32_t)(uint32_t)(transit - source->transit);
        if (source->timed) source->jitter += ((double)(moved < 0 ? -moved : moved) - source->jitter) / 16;
        source->transit = transit;
        source->timed = 1;
    }
    source->stamp = stamp;
    source->arrival_us = arrival_us;
}

static struct fast_flow *flow_of(struct fast_peer *peer, uint32_t ssrc) {
    for (uint32_t i = 0; i < peer->flows && i < FAST_FLOWS; i++)
        if (peer->flow[i].ssrc == ssrc) return &peer->flow[i];
    return NULL;
}

/* A plain packet: the track that took it, NULL when it is Python's, which then finds nothing changed. */
static struct fast_track *admit(struct fast_peer *peer, const uint8_t *packet, uint32_t length, int64_t arrival_us, double now) {
    struct fast_flow *flow = flow_of(peer, read32(packet + 8));
    if (!peer->active || !flow || (packet[0] & 0xEF) != 0x80) return NULL; /* version 2, an extension at most */
    struct fast_source *source = flow->source;
    struct fast_track *track = flow->track;
    uint32_t sequence = read16(packet + 2), stamp = read32(packet + 4), begin = HEADER;
    if (track->source != source || !track->codec) return NULL;
    if (sequence != (((uint32_t)source->highest + 1) & 0xFFFF) || sequence != (((uint32_t)track->newest + 1) & 0xFFFF)) return NULL;
    int64_t wide = -1;
    if (packet[0] & 0x10) {
        if (length < HEADER + 4) return NULL;
        begin += 4 + 4 * read16(packet + HEADER + 2);
        if (begin >= length) return NULL;
        if (peer->wide) {
            if (read16(packet + HEADER) != 0xBEDE) return NULL;
            wide = wide_number(packet + HEADER + 4, packet + begin, peer->wide);
        }
    }
    uint32_t size = length - begin;
    int full = wide >= 0 && (!peer->arrival || peer->arrivals >= FAST_ARRIVALS);
    if (length <= begin || size > LARGEST - HEADER || full) return NULL;
    if (track->kept[(track->highest + 1) & track->mask].number > track->highest) return NULL;
    if (!fast_log(track, arrival_us, packet, length)) return NULL;
    fast_keep(track, track->highest + 1, packet[1] & 0x80, stamp + (uint32_t)track->stamp_shift, packet + begin, size);
    if (wide >= 0) peer->arrival[peer->arrivals++] = (struct fast_arrival){arrival_us, (uint32_t)wide, 0};
    note(source, stamp, arrival_us, length);
    peer->bytes += length;
    track->newest++;
    track->highest++;
    track->stamp = stamp + (uint32_t)track->stamp_shift;
    track->at = now;
    if (track->codec < 5 && begins_key(track->codec, packet + begin, size)) {
        if (track->key_stamp != stamp) {
            track->key_number = track->highest;
            track->key_stamp = stamp;
        }
        track->key_seen = 1;
    }
    return track;
}

/* Write, protect and queue the packets `from` to `track->highest` for one viewer; as `Outlet.send`. */
static void forward(struct fast_board *board, struct fast_track *track, struct fast_outlet *outlet, int64_t from) {
    struct fast_peer *peer = outlet->peer;
    struct fast_outbox *box = peer->port;
    uint32_t count = (uint32_t)(track->highest - from + 1);
    if (!box || !peer->outbound || !peer->to.length) return;
    uint32_t slot = fast_reserve(box, &peer->to, count), granted = box->granted;
    struct iovec *iovecs = box->iovecs;
    for (uint32_t i = 0; i < granted; i++, slot++) {
        struct fast_kept *kept = &track->kept[(from + i) & track->mask];
        uint8_t *packet = box->slots + (size_t)slot * FAST_SLOT;
        int length = HEADER + kept->size;
        packet[0] = 0x80;
        packet[1] = kept->marker | outlet->payload_type;
        write16(packet + 2, (uint32_t)(kept->number + outlet->shift));
        write32(packet + 4, kept->stamp + (uint32_t)outlet->stamp_shift);
        write32(packet + 8, outlet->ssrc);
        memcpy(packet + HEADER, track->arena + (kept->at & (track->arena_size - 1)), kept->size);
        outlet->octets += kept->size;
        if (((srtp_function)board->protect)(peer->outbound, packet, &length)) {
            length = 0; /* an empty datagram: the run of slots stays whole */
            outlet->dropped++;
        }
        iovecs[slot].iov_len = (size_t)length;
    }
    outlet->packets += granted;
    outlet->dropped += count - granted;
}

/* Hand a track's new packets to its viewers; who waits for a key frame begins with it. As `Inlet.deliver`. */
static void deliver(struct fast_board *board, struct fast_track *track) {
    for (uint32_t i = 0; i < track->outlet_count; i++) {
        struct fast_outlet *outlet = track->outlets[i];
        int64_t from = track->batch;
        if (!outlet->started) {
            if (track->codec < 5) from = track->key_number;
            if (from < track->batch) continue;
            outlet->started = 1;
            outlet->begin = from;
            outlet->shift = outlet->first - from;
        }
        forward(board, track, outlet, from);
    }
    track->batch = -1;
}

static uint8_t judge(struct fast_board *board, struct fast_peer *peer, uint8_t *packet, struct mmsghdr *header, int64_t arrival_us,
                     double now, struct fast_track **taker) {
    int length = (int)header->msg_len;
    int rtcp = length > 1 && packet[1] >= 192 && packet[1] <= 223;
    srtp_function undo = (srtp_function)(rtcp ? board->unprotect_rtcp : board->unprotect);
    if (length < HEADER || length >= FAST_SLOT || undo(peer->inbound, packet, &length) || length < (rtcp ? 4 : HEADER)) {
        peer->damaged++;
        return FAST_DAMAGED;
    }
    header->msg_len = (unsigned int)length;
    peer->heard = now;
    if (!rtcp && peer->behind != board->burst) *taker = admit(peer, packet, (uint32_t)length, arrival_us, now);
    if (*taker) return FAST_DONE;
    peer->behind = board->burst; /* a peer's packets keep their order */
    return rtcp ? FAST_RTCP : FAST_RTP;
}

/* Take what has arrived, up to FAST_BURST datagrams, forward the common ones and say which are left. */
int fast_take(struct fast_board *board, struct fast_inbox *in, int64_t arrival_us, double now) {
    struct mmsghdr *headers = in->headers;
    struct fast_track *dirty[FAST_BURST];
    int dirty_count = 0;
    in->others = 0;
    board->burst += board->burst == UINT32_MAX ? 2 : 1; /* never 0, with which peers begin */
    int count = recvmmsg(in->fd, headers, FAST_BURST, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        uint8_t *packet = in->slots + (size_t)i * FAST_SLOT, verdict = FAST_RAW;
        struct fast_track *taker = NULL;
        if (packet[0] >> 6 == 2) {
            struct fast_place *place = seek(board, in->names + (size_t)i * 32, in->name_size);
            struct fast_peer *peer = place && place->length ? place->peer : NULL;
            if (peer && peer->inbound) verdict = judge(board, peer, packet, &headers[i], arrival_us, now, &taker);
        }
        if (taker && taker->batch < 0) {
            taker->batch = taker->highest;
            dirty[dirty_count++] = taker;
        }
        in->verdict[i] = verdict;
        if (verdict != FAST_DONE) in->other[in->others++] = (uint8_t)i;
    }
    for (int i = 0; i < dirty_count; i++) deliver(board, dirty[i]);
    if (in->box && !in->others) fast_flush(in->box);
    int waiting = in->box && in->box->next ? FAST_WAITING : 0;
    return (count < 0 ? 0 : count) + FAST_OTHERS * (int)in->others + waiting;
}

static double monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Wait, and forward what comes, until there is something for Python: an event of another kind, a datagram that is left,
 * or the moment `due`. `ahead_us` lies between the clock of arrivals and the monotonic one; -1 milliseconds: no end. */
int fast_wait(struct fast_board *board, struct fast_inbox *in, int epoll, int milliseconds, int64_t ahead_us, double due) {
    double until = monotonic() + milliseconds / 1e3;
    int left = milliseconds;
    for (;;) {
        struct epoll_event events[2];
        int count = epoll_wait(epoll, events, 2, left);
        if (!count) return FAST_TIME;
        if (count != 1 || events[0].data.fd != in->fd || events[0].events != EPOLLIN) return FAST_EVENT;
        double now = monotonic();
        if (now >= due) return FAST_EVENT;
        in->now = now;
        in->arrival_us = (int64_t)(now * 1e6) + ahead_us;
        if (fast_take(board, in, in->arrival_us, now) >= FAST_OTHERS) return FAST_LEFT;
        if (milliseconds < 0) continue;
        left = (int)((until - monotonic()) * 1e3 + 0.999);
        if (left <= 0) return FAST_TIME;
    }
}
