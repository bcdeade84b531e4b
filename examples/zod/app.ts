import { api, start } from "@twinloop/api";
import { z } from "zod";

const NewBooking = z
  .object({
    guest: z.string().trim().min(1).max(80),
    email: z.email(),
    nights: z.int().min(1).max(30),
    arrival: z.iso.date(),
    rooms: z.array(z.enum(["single", "double"])).min(1),
    code: z.string().meta({ sensitive: true }).optional(),
  })
  // What no type says is asked in JavaScript, after Rust has checked the rest.
  .refine(({ nights, rooms }) => nights * rooms.length <= 60, {
    message: "too much for one booking",
    path: ["nights"],
  });

const Booking = z.object({
  id: z.int(),
  guest: z.string(),
  price: z.number(),
});

let bookings = 0;

/** Books rooms. The schemas stand in place of types; the handler's parameter and answer are typed by them. */
export const book = api(
  { expose: true, method: "POST", path: "/bookings", request: NewBooking, response: Booking },
  async ({ guest, nights, rooms }) => ({
    id: ++bookings,
    guest,
    price: rooms.reduce((sum, room) => sum + nights * (room === "single" ? 80 : 120), 0),
  }),
);

await start();
