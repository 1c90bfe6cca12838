import { type Static, Type } from "typebox";
import { RateLimiter } from "./model.ts";

/** Body of a controller's registration and update: how often each user may ask the model. */
export const ControllerRequest = Type.Object({
	user_rate_limiter: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});

export type ControllerRequest = Static<typeof ControllerRequest>;

/** What comes in: a body may be missing. */
export const ControllerBody = Type.Union([ControllerRequest, Type.Null()]);

/** The document of a model's controller in `.ml-sidecar-controller`; its id is the model's. */
export const StoredController = Type.Object({
	model_id: Type.String(),
	user_rate_limiter: Type.Record(Type.String(), RateLimiter),
});

export type StoredController = Static<typeof StoredController>;
