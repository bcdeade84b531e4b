#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| twinloop_api::fuzz::guard(data));
