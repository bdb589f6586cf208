-- name: UnmovedOf :many
SELECT source_id FROM unmoved WHERE migration = @migration AND kind = @kind AND outcome = @outcome
  AND source_id IN (SELECT json_array_elements_text(CAST(CAST(@source_ids AS TEXT) AS JSON)));

-- An index of a migration gets a bucket for 16 to 32 addresses, of which a record mostly has two; one of a plan gets many.
-- name: AddSpace :exec
INSERT INTO spaces (owner, bits)
SELECT CAST(@owner AS TEXT), CASE WHEN count(*) = 0 THEN 16 ELSE CAST(greatest(4, ceil(log(2.0, greatest(1, sum(CAST(k ->> 'listed' AS NUMERIC)) / 16)))) AS INTEGER) END
FROM migrations m, json_array_elements(CAST(m.kinds AS JSON)) AS k WHERE m.id = @owner
ON CONFLICT (owner) DO NOTHING;

-- name: Bits :one
SELECT bits FROM spaces WHERE space = @space;

-- LockSpace holds a space until the transaction ends: a pack that is changed was read before.
-- name: LockSpace :one
SELECT bits FROM spaces WHERE space = @space FOR UPDATE;

-- PackOf gives the pack of a hash: links are looked up for every link of every text, and so in one go.
-- name: PackOf :one
SELECT p.data FROM spaces s JOIN packs p ON p.space = s.space AND p.bucket = (CAST(@hash AS BIGINT) >> (64 - s.bits)) & ((CAST(1 AS BIGINT) << s.bits) - 1)
WHERE s.space = @space AND p.part = @part;

-- Packs takes an array as PostgreSQL writes it. LIMIT makes it look in the index for each, also when it has no statistics yet.
-- name: Packs :many
SELECT p.bucket, p.data FROM unnest(CAST(CAST(@buckets AS TEXT) AS BIGINT[])) AS b (bucket)
CROSS JOIN LATERAL (SELECT packs.bucket, packs.data FROM packs WHERE packs.space = @space AND packs.part = @part AND packs.bucket = b.bucket LIMIT 1) AS p;

-- name: PacksFrom :many
SELECT bucket, data FROM packs WHERE space = @space AND part = @part AND bucket >= @bucket ORDER BY bucket LIMIT CAST(@most AS BIGINT);

-- PutPacks takes arrays of bucket and data in base64.
-- name: PutPacks :exec
INSERT INTO packs (space, part, bucket, data)
SELECT CAST(@space AS BIGINT), CAST(@part AS SMALLINT), CAST(p ->> 0 AS BIGINT), decode(p ->> 1, 'base64') FROM json_array_elements(CAST(CAST(@packs AS TEXT) AS JSON)) AS p
ON CONFLICT (space, part, bucket) DO UPDATE SET data = excluded.data;

-- name: ClearPacks :exec
DELETE FROM packs WHERE space = @space AND part BETWEEN @first AND @last;
