//! The suite of promises that every provider keeps, as tests over a [`Harness`]: `provider_suite!(MyHarness)` creates one
//! test for each.

#![allow(unreachable_pub, missing_docs, reason = "one module of each test program")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, clippy::panic, reason = "tests")]
#![allow(dead_code, unused_imports, unused_macros, reason = "a provider may use a part of it")]

pub mod dead;
pub mod dedupe;
pub mod delay;
pub mod delivery;
pub mod durable;
pub mod fan_out;
pub mod fixture;
pub mod harness;
pub mod lease;
pub mod limits;
pub mod operate;
pub mod order;
pub mod priority;
pub mod recall;
pub mod retry;
pub mod unique;

pub use harness::{Harness, keeps};

/// Creates one test for each promise of [`twinloop_pubsub::Broker`], against the provider of the harness.
macro_rules! provider_suite {
    ($harness:ty) => {
        $crate::provider::provider_tests! { $harness,
            fan_out: [
                each_subscription_gets_every_message,
                two_consumers_of_a_subscription_share_its_messages,
                a_subscription_gets_what_is_published_after_it_was_declared,
                declaring_again_keeps_what_waits,
                topics_do_not_mix,
            ]
            delivery: [
                a_message_arrives_as_it_was_published,
                gives_no_more_than_there_is_room_for,
                waits_until_there_is_a_message,
                giving_up_waiting_loses_no_message,
                an_acknowledged_message_is_gone,
                a_batch_is_answered_one_by_one_and_in_order,
                a_large_message_arrives_whole,
                a_released_message_comes_again_uncounted,
                depth_counts_what_waits_and_what_is_out,
            ]
            lease: [
                a_lease_that_ran_out_is_delivered_again_and_counted,
                a_late_answer_finds_nothing,
                an_extended_lease_is_kept,
                extending_names_the_leases_that_were_lost,
                leases_are_extended_while_deliveries_are_acknowledged,
                a_dropped_consumer_gives_back_what_it_has,
                what_came_for_a_caller_that_has_gone_is_free_for_others,
            ]
            retry: [
                a_retried_message_comes_after_its_delay_with_its_attempt_counted,
                attempts_are_counted_one_by_one,
                a_retried_message_does_not_hold_others_up,
                a_retried_message_is_retried_for_its_subscription_alone,
            ]
            delay: [
                a_delayed_message_comes_when_it_is_due,
                a_delayed_message_does_not_hold_others_up,
                delayed_messages_come_in_the_order_of_their_time,
                a_time_that_has_passed_is_at_once,
            ]
            order: [
                a_key_is_delivered_one_by_one_and_in_order,
                other_keys_go_on,
                a_retried_message_stays_in_front_of_its_key,
                a_released_message_stays_in_front_of_its_key,
                a_buried_message_lets_its_key_go_on,
                two_consumers_keep_the_order_of_a_key,
                a_delayed_message_takes_its_place_when_it_is_due,
                messages_without_a_key_are_not_held_up,
                keys_of_a_topic_that_is_not_ordered_are_free,
            ]
            dead: [
                a_buried_message_is_kept_with_all_that_is_known,
                dead_letters_are_read_in_pages,
                chosen_dead_letters_are_delivered_again,
                all_dead_letters_are_delivered_again_as_if_new,
                dead_letters_can_be_deleted,
                what_waits_can_be_deleted_and_what_is_out_stays,
            ]
            dedupe: [
                a_second_message_of_a_dedupe_key_is_not_stored,
                duplicates_within_a_batch_are_found,
                a_dedupe_key_is_free_after_its_window,
                a_dedupe_key_belongs_to_its_topic,
            ]
            operate: [
                subscriptions_are_known_with_who_serves_them,
                a_pause_is_noted_for_all_processes,
                an_expired_subscription_gets_no_copies_until_it_is_served_again,
                what_waits_can_be_looked_at_and_stays,
                single_messages_can_be_deleted_and_unknown_ones_are_named,
                a_delayed_message_can_be_made_due,
                all_messages_move_to_another_subscription_with_ids_and_attempts,
                an_ordered_subscription_moves_in_its_order,
                a_subscription_can_be_deleted_with_its_messages,
                a_renamed_subscription_keeps_its_messages_and_both_names,
                what_both_names_got_is_delivered_once_after_the_old_is_adopted,
                an_app_that_declares_both_names_has_two_subscriptions,
                what_operators_noted_survives,
            ]
            limits: [
                no_more_are_in_flight_than_the_limit_over_all_consumers,
                a_lease_that_ran_out_makes_room_within_the_limit,
                keys_stay_in_order_within_a_limit,
                no_more_begin_than_the_rate_allows,
            ]
            priority: [
                the_greatest_priority_comes_first_and_the_oldest_within_one,
                a_repeated_message_keeps_its_priority,
                a_delayed_message_has_its_priority_when_it_is_due,
                a_redriven_dead_letter_has_its_priority,
                the_order_of_a_key_is_stronger_than_a_priority,
                priorities_survive,
            ]
            recall: [
                a_waiting_message_is_cancelled_and_told_of_each_subscription,
                what_is_in_flight_dead_or_unknown_is_told_and_stays,
                a_message_of_another_topic_is_left_alone,
                a_message_gets_another_time,
                a_recalled_message_lets_its_key_go_on,
                a_message_that_is_retried_keeps_its_attempts_and_its_place,
                a_recall_survives,
            ]
            unique: [
                a_unique_key_is_taken_until_its_message_is_done,
                a_unique_key_is_free_when_its_message_is_dead_or_deleted,
                a_unique_key_is_taken_while_any_subscription_has_its_message,
                unique_keys_of_a_batch_and_of_other_topics_are_told_apart,
                of_many_publishes_at_once_one_takes_the_unique_key,
                unique_keys_survive,
            ]
            durable: [
                what_waits_survives,
                what_was_out_comes_again_and_was_counted,
                delayed_messages_survive,
                dead_letters_survive,
                dedupe_keys_survive,
                the_order_of_a_key_survives,
            ]
        }
    };
}

macro_rules! provider_tests {
    ($harness:ty, $($group:ident: [$($promise:ident,)*])*) => {
        $(mod $group {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    $crate::provider::keeps::<$harness>(
                        stringify!($group),
                        stringify!($promise),
                        $crate::provider::$group::$promise,
                    ).await;
                }
            )*
        })*
    };
}

pub(crate) use {provider_suite, provider_tests};
