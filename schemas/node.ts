import { type Static, Type } from "typebox";

/** The document of a running sidecar in `.ml-sidecar-node`. Times are epoch milliseconds. */
export const StoredNode = Type.Object({
	/** Where the other sidecars reach it: scheme, host and port. */
	address: Type.String(),
	/** What whoever calls it there has to show: only sidecars can read it. */
	secret: Type.String(),
	version: Type.String(),
	started_time: Type.Integer(),
	/** Counted up with each sign of life: clocks of different machines are not compared. */
	heartbeat: Type.Integer(),
	heartbeat_time: Type.Integer(),
});

export type StoredNode = Static<typeof StoredNode>;
