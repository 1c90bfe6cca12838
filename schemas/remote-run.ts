import { type Static, Type } from "typebox";

/** What one sidecar asks another to run: texts, or pairs of them. */
export const RemoteRun = Type.Object({
	inputs: Type.Array(
		Type.Union([Type.String(), Type.Tuple([Type.String(), Type.String()])]),
	),
	lane: Type.Enum(["search", "ingest"]),
	/** Milliseconds that are left for it; no bound without it. */
	timeout_ms: Type.Optional(Type.Number({ minimum: 0 })),
	/** What it does where the model's queue is full; it is refused without it. */
	when_full: Type.Optional(Type.Enum(["refuse", "wait"])),
});

export type RemoteRun = Static<typeof RemoteRun>;

const facts = { tokens: Type.Integer(), truncated: Type.Boolean() };

/** One result: arrays are the base64 of their little-endian bytes, so that every bit arrives. */
export const RemoteResult = Type.Union([
	Type.Object({
		kind: Type.Literal("vector"),
		vector: Type.String(),
		...facts,
	}),
	Type.Object({
		kind: Type.Literal("weights"),
		ids: Type.String(),
		weights: Type.String(),
		...facts,
	}),
	Type.Object({
		kind: Type.Literal("answer"),
		answer: Type.String(),
		...facts,
	}),
]);

export type RemoteResult = Static<typeof RemoteResult>;

export const RemoteResults = Type.Object({
	results: Type.Array(RemoteResult),
});

/** Why it was not run: a code of the table of errors and the reason in words. */
export const RemoteFailure = Type.Object({
	code: Type.String(),
	reason: Type.String(),
	/** When it is worth trying again, milliseconds. */
	retry_after_ms: Type.Optional(Type.Number()),
});
