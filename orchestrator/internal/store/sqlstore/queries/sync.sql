-- name: SetMode :exec
UPDATE migrations SET mode = @mode WHERE id = @id;
