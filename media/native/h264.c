/* H.264 out of RTP (RFC 6184) into AVC form (ISO/IEC 14496-15, 5.3.3); what media/wire/h264.py does, with one copy.
 *
 * `fast_walk` takes a run of packets as `fast_log` wrote them, for as long as each is the next one of its stream. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fast.h"

#define IDR 5
#define SPS 7
#define PPS 8
#define STAP_A 24
#define FU_A 28
#define MOST_PIECES 16384 /* of one picture, as Python counts them: what goes on beyond is no picture */
#define ENTRY 12          /* bytes before each packet of a run: arrival, size */
#define HEADER 12

static void write32(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

/* Room for `more` bytes behind `size`; 0 when memory has run out. */
static int grow(uint8_t **data, uint32_t *room, uint32_t size, uint32_t more) {
    if (more > UINT32_MAX / 2 - size) return 0;
    if (size + more <= *room) return 1;
    uint32_t wanted = *room ? *room : 16384;
    while (wanted < size + more) wanted *= 2;
    uint8_t *larger = realloc(*data, wanted);
    if (!larger) return 0;
    *data = larger;
    *room = wanted;
    return 1;
}

static int append(struct fast_unit *unit, const uint8_t *bytes, uint32_t count) {
    if (!grow(&unit->data, &unit->room, unit->size, count)) return 0;
    memcpy(unit->data + unit->size, bytes, count);
    unit->size += count;
    return 1;
}

static void damaged(struct fast_unit *unit) {
    unit->whole = 0;
    unit->open = -1;
}

static void note(struct fast_unit *unit, uint8_t kind, const uint8_t *data, uint32_t size) {
    if (!kind || kind > IDR) return;
    /* A picture begins with macroblock 0: first_mb_in_slice, ue(v), is a single 1 bit. */
    if (!unit->slices && (kind == 1 || kind == IDR) && (!size || !(data[0] & 0x80))) unit->whole = 0;
    unit->slices++;
    if (kind == IDR) unit->key = 1;
}

static void whole_nal(struct fast_unit *unit, const uint8_t *nal, uint32_t size) {
    uint8_t kind = nal[0] & 0x1F, length[4];
    write32(length, size);
    if (kind == SPS || kind == PPS) {
        if (!grow(&unit->sets, &unit->sets_room, unit->sets_size, size + 4)) return damaged(unit);
        memcpy(unit->sets + unit->sets_size, length, 4);
        memcpy(unit->sets + unit->sets_size + 4, nal, size);
        unit->sets_size += size + 4;
        return;
    }
    if (kind >= 9 && kind <= 12) return; /* delimiter, ends, filler */
    if (unit->open >= 0) damaged(unit);
    note(unit, kind, nal + 1, size - 1);
    if (!append(unit, length, 4) || !append(unit, nal, size)) damaged(unit);
    unit->pieces += 2;
}

static void aggregate(struct fast_unit *unit, const uint8_t *at, const uint8_t *end) {
    while (end - at >= 2) {
        uint32_t size = (uint32_t)at[0] << 8 | at[1];
        at += 2;
        if (!size || (uint32_t)(end - at) < size) {
            unit->whole = 0;
            return;
        }
        whole_nal(unit, at, size);
        at += size;
    }
}

static void fragment(struct fast_unit *unit, const uint8_t *payload, uint32_t size) {
    if (size < 3) {
        unit->whole = 0;
        return;
    }
    uint8_t header = payload[1], kind = header & 0x1F;
    if (header & 0x80) {
        uint8_t begin[5] = {0, 0, 0, 0, (uint8_t)((payload[0] & 0xE0) | kind)};
        if (unit->open >= 0) unit->whole = 0;
        note(unit, kind, payload + 2, size - 2);
        unit->open = unit->size;
        unit->open_size = 1;
        unit->pieces += 2;
        if (!append(unit, begin, 5)) return damaged(unit);
    } else if (unit->open < 0) {
        unit->whole = 0; /* its beginning is missing */
        return;
    }
    unit->pieces++;
    if (!append(unit, payload + 2, size - 2)) return damaged(unit);
    unit->open_size += size - 2;
    if (header & 0x40) {
        write32(unit->data + unit->open, unit->open_size);
        unit->open = -1;
    }
}

/* A packet in order. FAST_ENDED: the unit is complete. FAST_BEFORE: it was before this packet, take it and push again. */
int fast_push(struct fast_unit *unit, uint32_t stamp, int marker, const uint8_t *payload, uint32_t size, int64_t arrival_us) {
    if (!unit->begun || stamp != unit->stamp) {
        if (!size) return FAST_MORE; /* padding alone, between two pictures */
        if (unit->begun) return FAST_BEFORE;
        fast_clear(unit);
        unit->begun = 1;
        unit->stamp = stamp;
        unit->arrival_us = arrival_us;
    }
    if (size) {
        uint8_t kind = payload[0] & 0x1F;
        if (kind == FU_A)
            fragment(unit, payload, size);
        else if (kind && kind < STAP_A)
            whole_nal(unit, payload, size);
        else if (kind == STAP_A)
            aggregate(unit, payload + 1, payload + size);
        else
            unit->whole = 0; /* a form that packetization-mode 1 does not have */
    }
    if (unit->pieces > MOST_PIECES) {
        damaged(unit);
        unit->size = unit->pieces = 0;
    }
    return marker ? FAST_ENDED : FAST_MORE;
}

/* Go on through a run. FAST_MORE: to its end; FAST_STRANGE: the packet at `walk->at` is not simply the next one. */
int fast_walk(struct fast_unit *unit, struct fast_walk *walk, const uint8_t *run, uint32_t size) {
    while (walk->at < size) {
        const uint8_t *entry = run + walk->at, *packet = entry + ENTRY;
        uint32_t left = size - walk->at, length, begin = HEADER;
        int64_t arrival_us;
        if (left < ENTRY) return FAST_STRANGE;
        memcpy(&arrival_us, entry, 8);
        memcpy(&length, entry + 8, 4);
        if (length < HEADER || length > left - ENTRY) return FAST_STRANGE;
        uint32_t ssrc = (uint32_t)packet[8] << 24 | (uint32_t)packet[9] << 16 | (uint32_t)packet[10] << 8 | packet[11];
        uint32_t sequence = (uint32_t)packet[2] << 8 | packet[3];
        uint32_t stamp = (uint32_t)packet[4] << 24 | (uint32_t)packet[5] << 16 | (uint32_t)packet[6] << 8 | packet[7];
        if ((packet[0] & 0xEF) != 0x80 || ssrc != walk->ssrc || sequence != walk->expected) return FAST_STRANGE;
        if (packet[0] & 0x10) {
            if (length < HEADER + 4) return FAST_STRANGE;
            begin += 4 + 4 * ((uint32_t)packet[14] << 8 | packet[15]);
            if (begin > length) return FAST_STRANGE;
        }
        int found = fast_push(unit, stamp, packet[1] >> 7, packet + begin, length - begin, arrival_us);
        if (found == FAST_BEFORE) return found;
        walk->at += ENTRY + length;
        walk->expected = (sequence + 1) & 0xFFFF;
        walk->received++;
        if (found == FAST_ENDED) return found;
    }
    return FAST_MORE;
}

/* Make it ready for the next picture. */
void fast_clear(struct fast_unit *unit) {
    unit->size = unit->sets_size = unit->pieces = unit->slices = unit->open_size = 0;
    unit->open = -1;
    unit->begun = unit->key = 0;
    unit->whole = 1;
}

/* Give the buffers back. */
void fast_free(struct fast_unit *unit) {
    free(unit->data);
    free(unit->sets);
    unit->data = unit->sets = NULL;
    unit->room = unit->sets_room = 0;
    fast_clear(unit);
}
