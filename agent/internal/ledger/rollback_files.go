package ledger

import (
	"context"
	"strconv"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// storedFiles takes back the files of media that are gone.
func (u *undo) storedFiles(ctx context.Context) error {
	for after := ""; ; {
		page, err := u.filePage(ctx, after)
		if err != nil || len(page) == 0 {
			return err
		}
		resp := &agentv1.RollbackResponse{Cursor: step{len(record.Kinds), ""}.cursor()}
		for _, f := range page {
			after = f.ID
			problem, err := u.storedFile(ctx, f)
			if err != nil {
				return err
			}
			if problem != nil {
				resp.Results = append(resp.Results, &agentv1.RolledBack{Ref: record.NewRef(recordv1.Kind_KIND_MEDIA, f.MediaID), Action: ActionKept, Problem: problem})
			}
		}
		if err := u.each(resp); err != nil {
			return err
		}
	}
}

func (u *undo) filePage(ctx context.Context, after string) ([]*File, error) {
	return u.filesWhere(ctx, "file_id > ?", after)
}

// filesWhere gives a page of the source's files.
func (u *undo) filesWhere(ctx context.Context, where, arg string) ([]*File, error) {
	return u.l.filesWhere(ctx, u.sc, where+" ORDER BY file_id LIMIT "+strconv.Itoa(undoPage), arg)
}

// storedFile removes the file first and its row then: a crash in between finds no file and drops the row.
func (u *undo) storedFile(ctx context.Context, f *File) (*agentv1.Problem, error) {
	var stays int
	err := u.l.db.QueryRow(ctx, "SELECT COUNT(*) FROM "+u.l.from(tableLedger)+" WHERE site = ? AND kind = ? AND source_id = ? AND origin = ?",
		u.sc.site, int(recordv1.Kind_KIND_MEDIA), f.MediaID, int(kept)).Scan(&stays)
	if err != nil {
		return nil, err
	}
	var problem *agentv1.Problem
	switch {
	case stays > 0:
		problem = inUse()
	case u.files == nil:
		problem = &agentv1.Problem{Code: "files_out_of_reach", Cause: "the agent does not know the folder of uploads", Fix: "remove the file by hand", Field: "files"}
	default:
		if problem, err = u.files.Discard(ctx, f); err != nil {
			return nil, err
		}
	}
	if problem != nil {
		return problem, nil
	}
	return nil, u.l.tx(ctx, func(tx *cmssql.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM "+u.l.from(tableFiles)+" WHERE site = ? AND file_id = ?", u.sc.site, f.ID)
		return err
	})
}

// folderTable stands for the folder of uploads among the shared rows.
const folderTable = "\x01folder"

// MadeFolder writes down that a folder is about to be made for files.
func (l *Ledger) MadeFolder(ctx context.Context, sc *Scope, path string) error {
	return whole(l.tx(ctx, func(tx *cmssql.Tx) error {
		return (&shared{l, tx, sc}).Made(ctx, cms.Row{Table: folderTable, Column: "path", Value: path})
	}))
}
