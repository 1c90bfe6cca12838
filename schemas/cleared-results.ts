import { type Static, Type } from "typebox";

/** What one sidecar asks another to forget: results by what they are of, all of them without it. */
export const ClearResults = Type.Object({
	identity: Type.Optional(Type.String()),
});

export type ClearResults = Static<typeof ClearResults>;

/** How many it has forgotten. */
export const ClearedResults = Type.Object({ entries: Type.Integer() });

export type ClearedResults = Static<typeof ClearedResults>;
