export { recordAbandoned } from "./abandoned.ts";
export { createParking, type ParkedCall, type Parking, type ParkingOptions } from "./parking.ts";
export { watchParked } from "./watch-parked.ts";
