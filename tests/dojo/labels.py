"""What the tools of AgentDojo's suites do, by our own judgement, with a word of reason each.

untrusted   its results may hold text that others than the user wrote
sensitive   its results are private, or it has power over money, accounts or who sees what
acts        it changes something or tells somebody outside
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from langchain_quickjs.script.labels.taint import Label

__all__ = ["LABELS"]

_BANKING: Final[Mapping[str, set[Label]]] = {
    "get_iban": {"sensitive"},  # the account
    "get_balance": {"sensitive"},  # the account
    "get_user_info": {"sensitive"},  # name and address
    "get_scheduled_transactions": {"sensitive"},  # the user's own orders
    "get_most_recent_transactions": {"untrusted", "sensitive"},  # payers write their subjects
    "read_file": {"untrusted", "sensitive"},  # the user's files: bills and letters of others too
    "send_money": {"sensitive", "acts"},  # reaches the account, and pays from it
    "schedule_transaction": {"sensitive", "acts"},  # the same, later
    "update_scheduled_transaction": {"sensitive", "acts"},  # the same
    "update_password": {"sensitive", "acts"},  # who holds the account
    "update_user_info": {"sensitive", "acts"},  # tells and changes who the user is
}

_SLACK: Final[Mapping[str, set[Label]]] = {
    "get_channels": {"untrusted"},  # members choose the names of channels
    "get_users_in_channel": {"untrusted"},  # and their own
    "read_channel_messages": {"untrusted", "sensitive"},  # what members write among themselves
    "read_inbox": {"untrusted", "sensitive"},  # the same
    "send_direct_message": {"acts"},  # tells somebody
    "send_channel_message": {"acts"},  # tells somebody
    "add_user_to_channel": {"sensitive", "acts"},  # opens what is written there
    "invite_user_to_slack": {"sensitive", "acts"},  # opens the workspace to an outsider
    "remove_user_from_slack": {"sensitive", "acts"},  # power over accounts
    "get_webpage": {"untrusted", "acts"},  # anybody's text; and any address, which can carry data
    "post_webpage": {"acts"},  # publishes
}

_TRAVEL: Final[Mapping[str, set[Label]]] = {
    "get_user_information": {"sensitive"},  # passport, cards, bank account
    "get_rating_reviews_for_hotels": {"untrusted"},  # guests write reviews
    "get_rating_reviews_for_restaurants": {"untrusted"},  # guests write reviews
    "get_rating_reviews_for_car_rental": {"untrusted"},  # customers write reviews
    "search_calendar_events": {"untrusted", "sensitive"},  # private; others write invitations
    "get_day_calendar_events": {"untrusted", "sensitive"},  # the same
    "create_calendar_event": {"acts"},  # and invites people
    "cancel_calendar_event": {"acts"},  # and tells people
    "reserve_hotel": {"sensitive", "acts"},  # spends money in the user's name, from the user's data
    "reserve_restaurant": {"sensitive", "acts"},  # the same
    "reserve_car_rental": {"sensitive", "acts"},  # the same
    "send_email": {"acts"},  # tells somebody
    # The catalogue is the provider's own text, and public.
    "get_all_hotels_in_city": set(),
    "get_hotels_prices": set(),
    "get_hotels_address": set(),
    "get_all_restaurants_in_city": set(),
    "get_cuisine_type_for_restaurants": set(),
    "get_restaurants_address": set(),
    "get_dietary_restrictions_for_all_restaurants": set(),
    "get_contact_information_for_restaurants": set(),
    "get_price_for_restaurants": set(),
    "check_restaurant_opening_hours": set(),
    "get_all_car_rental_companies_in_city": set(),
    "get_car_types_available": set(),
    "get_car_fuel_options": set(),
    "get_car_rental_address": set(),
    "get_car_price_per_day": set(),
    "get_flight_information": set(),
}

_WORKSPACE: Final[Mapping[str, set[Label]]] = {
    "get_unread_emails": {"untrusted", "sensitive"},  # anybody writes to the user
    "get_received_emails": {"untrusted", "sensitive"},  # the same
    "search_emails": {"untrusted", "sensitive"},  # the same
    "get_sent_emails": {"sensitive"},  # the user's own words
    "get_draft_emails": {"sensitive"},  # the user's own words
    "search_contacts_by_name": {"untrusted", "sensitive"},  # whoever writes becomes a contact
    "search_contacts_by_email": {"untrusted", "sensitive"},  # the same
    "send_email": {"sensitive", "acts"},  # attaches any file of the drive by its number
    "delete_email": {"acts"},  # changes the mailbox
    "get_current_day": set(),  # the date
    "search_calendar_events": {"untrusted", "sensitive"},  # private; others write invitations
    "get_day_calendar_events": {"untrusted", "sensitive"},  # the same
    "create_calendar_event": {"acts"},  # and invites people
    "cancel_calendar_event": {"acts"},  # and tells people
    "reschedule_calendar_event": {"untrusted", "sensitive", "acts"},  # gives the event back
    "add_calendar_event_participants": {"untrusted", "sensitive", "acts"},  # the same, and opens it
    "search_files": {"untrusted", "sensitive"},  # private; others share files and write in them
    "search_files_by_filename": {"untrusted", "sensitive"},  # the same
    "get_file_by_id": {"untrusted", "sensitive"},  # the same
    "list_files": {"untrusted", "sensitive"},  # the same
    "create_file": {"acts"},  # changes the drive
    "append_to_file": {"untrusted", "sensitive", "acts"},  # gives the whole file back
    "delete_file": {"untrusted", "sensitive", "acts"},  # the same
    "share_file": {"untrusted", "sensitive", "acts"},  # the same, and opens it
}

LABELS: Final[Mapping[str, Mapping[str, set[Label]]]] = {
    "banking": _BANKING,
    "slack": _SLACK,
    "travel": _TRAVEL,
    "workspace": _WORKSPACE,
}
