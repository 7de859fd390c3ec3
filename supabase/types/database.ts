// Written by `make types`, the official `supabase gen types` on a migrated database; a test holds it to that.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  "public": {
    Tables: {
      "coach_settings": {
        Row: {
          "acquisition_cost_per_lead": number | null;
          "ai_efficiency_pct": number;
          "coach_id": string;
          "email_estimate_pct": number;
          "followup_after_days": number;
          "hours_saved_monthly": number;
          "lead_magnet_estimate_pct": number;
          "no_show_estimate_pct": number;
          "relance_high_after_days": number;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "acquisition_cost_per_lead"?: number | null;
          "ai_efficiency_pct"?: number;
          "coach_id": string;
          "email_estimate_pct"?: number;
          "followup_after_days"?: number;
          "hours_saved_monthly"?: number;
          "lead_magnet_estimate_pct"?: number;
          "no_show_estimate_pct"?: number;
          "relance_high_after_days"?: number;
          "updated_at"?: string;
        };
        Update: {
          "acquisition_cost_per_lead"?: number | null;
          "ai_efficiency_pct"?: number;
          "coach_id"?: string;
          "email_estimate_pct"?: number;
          "followup_after_days"?: number;
          "hours_saved_monthly"?: number;
          "lead_magnet_estimate_pct"?: number;
          "no_show_estimate_pct"?: number;
          "relance_high_after_days"?: number;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "coach_settings_coach_id_fkey";
            columns: ["coach_id"];
            isOneToOne: true;
            referencedRelation: "coach_dashboard_kpis_live";
            referencedColumns: ["coach_id"];
          },
          {
            foreignKeyName: "coach_settings_coach_id_fkey";
            columns: ["coach_id"];
            isOneToOne: true;
            referencedRelation: "coachs";
            referencedColumns: ["id"];
          },
        ];
      };
      "coachs": {
        Row: {
          "created_at": string;
          "currency": string;
          "email": string;
          "id": string;
          "name": string;
          "specialty": string | null;
          "status": string;
          "timezone": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "currency"?: string;
          "email": string;
          "id"?: string;
          "name": string;
          "specialty"?: string | null;
          "status"?: string;
          "timezone"?: string;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "currency"?: string;
          "email"?: string;
          "id"?: string;
          "name"?: string;
          "specialty"?: string | null;
          "status"?: string;
          "timezone"?: string;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "kpi_catalog": {
        Row: {
          "badge_excellent_from": number | null;
          "badge_good_from": number | null;
          "code": string;
          "estimate_basis": string | null;
          "formula": string;
          "label_en": string;
          "label_fr": string;
          "position": number;
          "section": string;
          "unit": string;
        };
        ComputedFields: never;
        Insert: {
          "badge_excellent_from"?: number | null;
          "badge_good_from"?: number | null;
          "code": string;
          "estimate_basis"?: string | null;
          "formula": string;
          "label_en": string;
          "label_fr": string;
          "position": number;
          "section": string;
          "unit": string;
        };
        Update: {
          "badge_excellent_from"?: number | null;
          "badge_good_from"?: number | null;
          "code"?: string;
          "estimate_basis"?: string | null;
          "formula"?: string;
          "label_en"?: string;
          "label_fr"?: string;
          "position"?: number;
          "section"?: string;
          "unit"?: string;
        };
        Relationships: [];
      };
      "kpi_daily": {
        Row: {
          "action_minutes": number;
          "age_sum": number;
          "ages": number;
          "calls_booked": number;
          "calls_due": number;
          "calls_proposed": number;
          "coach_id": string;
          "date": string;
          "deals": number;
          "discussion_seconds": number;
          "discussions": number;
          "emails": number;
          "engaged_leads": number;
          "females": number;
          "lead_magnets": number;
          "leads": number;
          "lost_leads": number;
          "males": number;
          "messages_received": number;
          "messages_sent": number;
          "msg1_replied": number;
          "msg1_sent": number;
          "msg2_replied": number;
          "msg2_sent": number;
          "msg3_replied": number;
          "msg3_sent": number;
          "msg4_replied": number;
          "msg4_sent": number;
          "new_leads": number;
          "no_shows": number;
          "others": number;
          "qualified_leads": number;
          "relance_leads": number;
          "revenue": number;
          "timed_actions": number;
          "win_hours": (number)[];
          "won_leads": number;
        };
        ComputedFields: never;
        Insert: {
          "action_minutes"?: number;
          "age_sum"?: number;
          "ages"?: number;
          "calls_booked"?: number;
          "calls_due"?: number;
          "calls_proposed"?: number;
          "coach_id": string;
          "date": string;
          "deals"?: number;
          "discussion_seconds"?: number;
          "discussions"?: number;
          "emails"?: number;
          "engaged_leads"?: number;
          "females"?: number;
          "lead_magnets"?: number;
          "leads"?: number;
          "lost_leads"?: number;
          "males"?: number;
          "messages_received"?: number;
          "messages_sent"?: number;
          "msg1_replied"?: number;
          "msg1_sent"?: number;
          "msg2_replied"?: number;
          "msg2_sent"?: number;
          "msg3_replied"?: number;
          "msg3_sent"?: number;
          "msg4_replied"?: number;
          "msg4_sent"?: number;
          "new_leads"?: number;
          "no_shows"?: number;
          "others"?: number;
          "qualified_leads"?: number;
          "relance_leads"?: number;
          "revenue"?: number;
          "timed_actions"?: number;
          "win_hours"?: (number)[];
          "won_leads"?: number;
        };
        Update: {
          "action_minutes"?: number;
          "age_sum"?: number;
          "ages"?: number;
          "calls_booked"?: number;
          "calls_due"?: number;
          "calls_proposed"?: number;
          "coach_id"?: string;
          "date"?: string;
          "deals"?: number;
          "discussion_seconds"?: number;
          "discussions"?: number;
          "emails"?: number;
          "engaged_leads"?: number;
          "females"?: number;
          "lead_magnets"?: number;
          "leads"?: number;
          "lost_leads"?: number;
          "males"?: number;
          "messages_received"?: number;
          "messages_sent"?: number;
          "msg1_replied"?: number;
          "msg1_sent"?: number;
          "msg2_replied"?: number;
          "msg2_sent"?: number;
          "msg3_replied"?: number;
          "msg3_sent"?: number;
          "msg4_replied"?: number;
          "msg4_sent"?: number;
          "new_leads"?: number;
          "no_shows"?: number;
          "others"?: number;
          "qualified_leads"?: number;
          "relance_leads"?: number;
          "revenue"?: number;
          "timed_actions"?: number;
          "win_hours"?: (number)[];
          "won_leads"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "kpi_daily_coach_id_fkey";
            columns: ["coach_id"];
            isOneToOne: false;
            referencedRelation: "coach_dashboard_kpis_live";
            referencedColumns: ["coach_id"];
          },
          {
            foreignKeyName: "kpi_daily_coach_id_fkey";
            columns: ["coach_id"];
            isOneToOne: false;
            referencedRelation: "coachs";
            referencedColumns: ["id"];
          },
        ];
      };
      "lead_notes": {
        Row: {
          "author_id": string | null;
          "body": string;
          "coach_id": string;
          "created_at": string;
          "id": string;
          "lead_id": string;
        };
        ComputedFields: never;
        Insert: {
          "author_id"?: string | null;
          "body": string;
          "coach_id": string;
          "created_at"?: string;
          "id"?: string;
          "lead_id": string;
        };
        Update: {
          "author_id"?: string | null;
          "body"?: string;
          "coach_id"?: string;
          "created_at"?: string;
          "id"?: string;
          "lead_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "lead_notes_coach_id_lead_id_fkey";
            columns: ["coach_id", "lead_id"];
            isOneToOne: false;
            referencedRelation: "leads";
            referencedColumns: ["coach_id", "id"];
          },
        ];
      };
      "lead_status_history": {
        Row: {
          "changed_at": string;
          "changed_by": string | null;
          "coach_id": string;
          "from_status": string;
          "id": number;
          "lead_id": string;
          "recorded_at": string;
          "to_status": string;
        };
        ComputedFields: never;
        Insert: {
          "changed_at": string;
          "changed_by"?: string | null;
          "coach_id": string;
          "from_status": string;
          "id"?: never;
          "lead_id": string;
          "recorded_at"?: string;
          "to_status": string;
        };
        Update: {
          "changed_at"?: string;
          "changed_by"?: string | null;
          "coach_id"?: string;
          "from_status"?: string;
          "id"?: never;
          "lead_id"?: string;
          "recorded_at"?: string;
          "to_status"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "lead_status_history_coach_id_lead_id_fkey";
            columns: ["coach_id", "lead_id"];
            isOneToOne: false;
            referencedRelation: "leads";
            referencedColumns: ["coach_id", "id"];
          },
        ];
      };
      "lead_tags": {
        Row: {
          "coach_id": string;
          "created_at": string;
          "lead_id": string;
          "tag": string;
        };
        ComputedFields: never;
        Insert: {
          "coach_id": string;
          "created_at"?: string;
          "lead_id": string;
          "tag": string;
        };
        Update: {
          "coach_id"?: string;
          "created_at"?: string;
          "lead_id"?: string;
          "tag"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "lead_tags_coach_id_lead_id_fkey";
            columns: ["coach_id", "lead_id"];
            isOneToOne: false;
            referencedRelation: "leads";
            referencedColumns: ["coach_id", "id"];
          },
        ];
      };
      "leads": {
        Row: {
          "age": number | null;
          "call_attended_at": string | null;
          "call_booked_at": string | null;
          "call_no_show_at": string | null;
          "call_proposed_at": string | null;
          "coach_id": string;
          "contact_id": string | null;
          "created_at": string;
          "deal_value": number | null;
          "email": string | null;
          "engaged_at": string | null;
          "first_message_at": string | null;
          "first_name": string | null;
          "gender": string | null;
          "id": string;
          "job_title": string | null;
          "last_message_at": string | null;
          "last_name": string | null;
          "lead_magnet_sent_at": string | null;
          "lead_status": string | null;
          "loss_reason": string | null;
          "loss_reason_detail": string | null;
          "lost_at": string | null;
          "qualified_at": string | null;
          "silent_on": string | null;
          "source": string | null;
          "status": string;
          "status_changed_at": string | null;
          "time_to_action_minutes": number | null;
          "total_messages_received": number;
          "total_messages_sent": number;
          "updated_at": string;
          "user_id_instagram": string | null;
          "won_at": string | null;
        };
        ComputedFields: never;
        Insert: {
          "age"?: number | null;
          "call_attended_at"?: string | null;
          "call_booked_at"?: string | null;
          "call_no_show_at"?: string | null;
          "call_proposed_at"?: string | null;
          "coach_id": string;
          "contact_id"?: string | null;
          "created_at"?: string;
          "deal_value"?: number | null;
          "email"?: string | null;
          "engaged_at"?: string | null;
          "first_message_at"?: string | null;
          "first_name"?: string | null;
          "gender"?: string | null;
          "id"?: string;
          "job_title"?: string | null;
          "last_message_at"?: string | null;
          "last_name"?: string | null;
          "lead_magnet_sent_at"?: string | null;
          "lead_status"?: string | null;
          "loss_reason"?: string | null;
          "loss_reason_detail"?: string | null;
          "lost_at"?: string | null;
          "qualified_at"?: string | null;
          "silent_on"?: never;
          "source"?: string | null;
          "status"?: string;
          "status_changed_at"?: string | null;
          "time_to_action_minutes"?: number | null;
          "total_messages_received"?: number;
          "total_messages_sent"?: number;
          "updated_at"?: string;
          "user_id_instagram"?: string | null;
          "won_at"?: string | null;
        };
        Update: {
          "age"?: number | null;
          "call_attended_at"?: string | null;
          "call_booked_at"?: string | null;
          "call_no_show_at"?: string | null;
          "call_proposed_at"?: string | null;
          "coach_id"?: string;
          "contact_id"?: string | null;
          "created_at"?: string;
          "deal_value"?: number | null;
          "email"?: string | null;
          "engaged_at"?: string | null;
          "first_message_at"?: string | null;
          "first_name"?: string | null;
          "gender"?: string | null;
          "id"?: string;
          "job_title"?: string | null;
          "last_message_at"?: string | null;
          "last_name"?: string | null;
          "lead_magnet_sent_at"?: string | null;
          "lead_status"?: string | null;
          "loss_reason"?: string | null;
          "loss_reason_detail"?: string | null;
          "lost_at"?: string | null;
          "qualified_at"?: string | null;
          "silent_on"?: never;
          "source"?: string | null;
          "status"?: string;
          "status_changed_at"?: string | null;
          "time_to_action_minutes"?: number | null;
          "total_messages_received"?: number;
          "total_messages_sent"?: number;
          "updated_at"?: string;
          "user_id_instagram"?: string | null;
          "won_at"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "leads_coach_id_fkey";
            columns: ["coach_id"];
            isOneToOne: false;
            referencedRelation: "coach_dashboard_kpis_live";
            referencedColumns: ["coach_id"];
          },
          {
            foreignKeyName: "leads_coach_id_fkey";
            columns: ["coach_id"];
            isOneToOne: false;
            referencedRelation: "coachs";
            referencedColumns: ["id"];
          },
        ];
      };
      "memberships": {
        Row: {
          "active": boolean;
          "coach_id": string;
          "created_at": string;
          "paused": boolean;
          "role": string;
          "user_id": string;
        };
        ComputedFields: never;
        Insert: {
          "active"?: boolean;
          "coach_id": string;
          "created_at"?: string;
          "paused"?: boolean;
          "role"?: string;
          "user_id": string;
        };
        Update: {
          "active"?: boolean;
          "coach_id"?: string;
          "created_at"?: string;
          "paused"?: boolean;
          "role"?: string;
          "user_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "memberships_coach_id_fkey";
            columns: ["coach_id"];
            isOneToOne: false;
            referencedRelation: "coach_dashboard_kpis_live";
            referencedColumns: ["coach_id"];
          },
          {
            foreignKeyName: "memberships_coach_id_fkey";
            columns: ["coach_id"];
            isOneToOne: false;
            referencedRelation: "coachs";
            referencedColumns: ["id"];
          },
        ];
      };
      "message_sequences": {
        Row: {
          "call_booked_at": string | null;
          "call_proposed_at": string | null;
          "coach_id": string;
          "created_at": string;
          "id": string;
          "lead_id": string;
          "msg1_replied": boolean;
          "msg1_replied_at": string | null;
          "msg1_sent_at": string | null;
          "msg2_replied": boolean;
          "msg2_replied_at": string | null;
          "msg2_sent_at": string | null;
          "msg3_replied": boolean;
          "msg3_replied_at": string | null;
          "msg3_sent_at": string | null;
          "msg4_replied": boolean;
          "msg4_replied_at": string | null;
          "msg4_sent_at": string | null;
        };
        ComputedFields: never;
        Insert: {
          "call_booked_at"?: string | null;
          "call_proposed_at"?: string | null;
          "coach_id": string;
          "created_at"?: string;
          "id"?: string;
          "lead_id": string;
          "msg1_replied"?: boolean;
          "msg1_replied_at"?: string | null;
          "msg1_sent_at"?: string | null;
          "msg2_replied"?: boolean;
          "msg2_replied_at"?: string | null;
          "msg2_sent_at"?: string | null;
          "msg3_replied"?: boolean;
          "msg3_replied_at"?: string | null;
          "msg3_sent_at"?: string | null;
          "msg4_replied"?: boolean;
          "msg4_replied_at"?: string | null;
          "msg4_sent_at"?: string | null;
        };
        Update: {
          "call_booked_at"?: string | null;
          "call_proposed_at"?: string | null;
          "coach_id"?: string;
          "created_at"?: string;
          "id"?: string;
          "lead_id"?: string;
          "msg1_replied"?: boolean;
          "msg1_replied_at"?: string | null;
          "msg1_sent_at"?: string | null;
          "msg2_replied"?: boolean;
          "msg2_replied_at"?: string | null;
          "msg2_sent_at"?: string | null;
          "msg3_replied"?: boolean;
          "msg3_replied_at"?: string | null;
          "msg3_sent_at"?: string | null;
          "msg4_replied"?: boolean;
          "msg4_replied_at"?: string | null;
          "msg4_sent_at"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "message_sequences_coach_id_lead_id_fkey";
            columns: ["coach_id", "lead_id"];
            isOneToOne: false;
            referencedRelation: "leads";
            referencedColumns: ["coach_id", "id"];
          },
        ];
      };
      "messages": {
        Row: {
          "coach_id": string;
          "created_at": string;
          "direction": string;
          "external_id": string | null;
          "id": string;
          "is_replied": boolean;
          "lead_id": string;
          "message_number": number | null;
          "replied_at": string | null;
          "text": string | null;
        };
        ComputedFields: never;
        Insert: {
          "coach_id": string;
          "created_at"?: string;
          "direction": string;
          "external_id"?: string | null;
          "id"?: string;
          "is_replied"?: boolean;
          "lead_id": string;
          "message_number"?: number | null;
          "replied_at"?: string | null;
          "text"?: string | null;
        };
        Update: {
          "coach_id"?: string;
          "created_at"?: string;
          "direction"?: string;
          "external_id"?: string | null;
          "id"?: string;
          "is_replied"?: boolean;
          "lead_id"?: string;
          "message_number"?: number | null;
          "replied_at"?: string | null;
          "text"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "messages_coach_id_lead_id_fkey";
            columns: ["coach_id", "lead_id"];
            isOneToOne: false;
            referencedRelation: "leads";
            referencedColumns: ["coach_id", "id"];
          },
        ];
      };
    };
    Views: {
      "coach_dashboard_kpis": {
        Row: {
          "acquisition_cost": number | null;
          "ai_efficiency": number | null;
          "avg_age": number | null;
          "avg_deal_value": number | null;
          "avg_discussion_minutes": number | null;
          "avg_messages_per_lead": number | null;
          "avg_time_to_action_minutes": number | null;
          "best_conversion_hour": number | null;
          "best_conversion_weekday": number | null;
          "call_booking_rate": number | null;
          "calls_booked": number | null;
          "calls_proposed": number | null;
          "coach_id": string;
          "contacted_leads": number | null;
          "deals_count": number | null;
          "emails_captured": number | null;
          "engaged_leads": number | null;
          "estimated_kpis": (string)[] | null;
          "female_count": number | null;
          "female_pct": number | null;
          "hours_saved_monthly": number | null;
          "last_updated": string | null;
          "lead_magnets_sent": number | null;
          "leads_lost": number | null;
          "leads_relance": number | null;
          "leads_today": number | null;
          "leads_week": number | null;
          "leads_won": number | null;
          "lost_rate": number | null;
          "male_count": number | null;
          "male_pct": number | null;
          "msg1_rate": number | null;
          "msg2_rate": number | null;
          "msg3_rate": number | null;
          "msg4_rate": number | null;
          "new_leads": number | null;
          "no_show_rate": number | null;
          "other_count": number | null;
          "other_pct": number | null;
          "qualification_rate": number | null;
          "qualified_leads": number | null;
          "relance_rate": number | null;
          "roi_pct": number | null;
          "total_leads": number | null;
          "total_messages_received": number | null;
          "total_messages_sent": number | null;
          "total_revenue": number | null;
          "win_rate": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "coach_dashboard_kpis_live": {
        Row: {
          "acquisition_cost": number | null;
          "ai_efficiency": number | null;
          "avg_age": number | null;
          "avg_deal_value": number | null;
          "avg_discussion_minutes": number | null;
          "avg_messages_per_lead": number | null;
          "avg_time_to_action_minutes": number | null;
          "best_conversion_hour": number | null;
          "best_conversion_weekday": number | null;
          "call_booking_rate": number | null;
          "calls_booked": number | null;
          "calls_proposed": number | null;
          "coach_id": string;
          "contacted_leads": number | null;
          "deals_count": number | null;
          "emails_captured": number | null;
          "engaged_leads": number | null;
          "estimated_kpis": (string)[] | null;
          "female_count": number | null;
          "female_pct": number | null;
          "hours_saved_monthly": number | null;
          "last_updated": string | null;
          "lead_magnets_sent": number | null;
          "leads_lost": number | null;
          "leads_relance": number | null;
          "leads_today": number | null;
          "leads_week": number | null;
          "leads_won": number | null;
          "lost_rate": number | null;
          "male_count": number | null;
          "male_pct": number | null;
          "msg1_rate": number | null;
          "msg2_rate": number | null;
          "msg3_rate": number | null;
          "msg4_rate": number | null;
          "new_leads": number | null;
          "no_show_rate": number | null;
          "other_count": number | null;
          "other_pct": number | null;
          "qualification_rate": number | null;
          "qualified_leads": number | null;
          "relance_rate": number | null;
          "roi_pct": number | null;
          "total_leads": number | null;
          "total_messages_received": number | null;
          "total_messages_sent": number | null;
          "total_revenue": number | null;
          "win_rate": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
    };
    Functions: {
      "add_lead_note": {
        Args: { "body": string; "lead_id": string };
        Returns: {
          "author_id": string | null;
          "body": string;
          "coach_id": string;
          "created_at": string;
          "id": string;
          "lead_id": string;
        };
        SetofOptions: {
          from: "*";
          to: "lead_notes";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "add_lead_tag": {
        Args: { "lead_id": string; "tag": string };
        Returns: {
          "coach_id": string;
          "created_at": string;
          "lead_id": string;
          "tag": string;
        };
        SetofOptions: {
          from: "*";
          to: "lead_tags";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "admin_overview": {
        Args: Record<PropertyKey, never>;
        Returns: {
          "calls_booked": number;
          "coach_id": string;
          "currency": string;
          "email": string;
          "last_message_at": string;
          "last_updated": string;
          "leads_week": number;
          "leads_won": number;
          "name": string;
          "status": string;
          "total_leads": number;
          "total_revenue": number;
        }[];
      };
      "current_coach_id": { Args: Record<PropertyKey, never>; Returns: string };
      "get_dashboard": {
        Args: { "as_of"?: string; "coach_id"?: string; "live"?: boolean };
        Returns: Json;
      };
      "get_funnel": {
        Args: { "coach_id"?: string };
        Returns: {
          "lead_count": number;
          "percentage": number;
          "position": number;
          "stage": string;
          "step_percentage": number;
        }[];
      };
      "get_kpi_comparison": {
        Args: { "coach_id"?: string; "from_date"?: string; "to_date"?: string };
        Returns: {
          "change": number;
          "change_pct": number;
          "code": string;
          "current": number;
          "previous": number;
          "unit": string;
        }[];
      };
      "get_kpi_history": {
        Args: { "coach_id"?: string; "from_date"?: string; "grain"?: string; "to_date"?: string };
        Returns: {
          "avg_age": number;
          "avg_deal_value": number;
          "avg_discussion_minutes": number;
          "avg_messages_per_lead": number;
          "avg_time_to_action_minutes": number;
          "call_booking_rate": number;
          "calls_booked": number;
          "calls_proposed": number;
          "contacted_leads": number;
          "deals_count": number;
          "emails_captured": number;
          "female_count": number;
          "female_pct": number;
          "lead_magnets_sent": number;
          "leads_lost": number;
          "leads_won": number;
          "male_count": number;
          "male_pct": number;
          "msg1_rate": number;
          "msg2_rate": number;
          "msg3_rate": number;
          "msg4_rate": number;
          "no_show_rate": number;
          "other_count": number;
          "other_pct": number;
          "period_end": string;
          "period_start": string;
          "qualification_rate": number;
          "qualified_leads": number;
          "total_leads": number;
          "total_messages_received": number;
          "total_messages_sent": number;
          "total_revenue": number;
          "win_rate": number;
        }[];
      };
      "get_leads_to_followup": {
        Args: { "as_of"?: string; "coach_id"?: string; "limit"?: number };
        Returns: {
          "contact_id": string;
          "days_since_contact": number;
          "first_name": string;
          "last_name": string;
          "lead_id": string;
          "priority": string;
          "status": string;
          "user_id_instagram": string;
        }[];
      };
      "get_loss_reasons": {
        Args: { "coach_id"?: string };
        Returns: {
          "lead_count": number;
          "loss_reason": string;
          "percentage": number;
        }[];
      };
      "get_response_rates": {
        Args: { "coach_id"?: string };
        Returns: {
          "msg1_rate": number;
          "msg2_rate": number;
          "msg3_rate": number;
          "msg4_rate": number;
        }[];
      };
      "get_top_professions": {
        Args: { "coach_id"?: string; "limit"?: number };
        Returns: {
          "lead_count": number;
          "percentage": number;
          "profession": string;
        }[];
      };
      "get_top_sources": {
        Args: { "coach_id"?: string; "limit"?: number };
        Returns: {
          "lead_count": number;
          "percentage": number;
          "source_name": string;
        }[];
      };
      "health": { Args: Record<PropertyKey, never>; Returns: Json };
      "ingest_event": { Args: { "event": Json }; Returns: Json };
      "ingest_events": { Args: { "events": Json }; Returns: Json };
      "remove_lead_tag": { Args: { "lead_id": string; "tag": string }; Returns: boolean };
      "set_lead_status": {
        Args: {
          "deal_value"?: number;
          "lead_id": string;
          "loss_reason"?: string;
          "status": string;
        };
        Returns: {
          "age": number | null;
          "call_attended_at": string | null;
          "call_booked_at": string | null;
          "call_no_show_at": string | null;
          "call_proposed_at": string | null;
          "coach_id": string;
          "contact_id": string | null;
          "created_at": string;
          "deal_value": number | null;
          "email": string | null;
          "engaged_at": string | null;
          "first_message_at": string | null;
          "first_name": string | null;
          "gender": string | null;
          "id": string;
          "job_title": string | null;
          "last_message_at": string | null;
          "last_name": string | null;
          "lead_magnet_sent_at": string | null;
          "lead_status": string | null;
          "loss_reason": string | null;
          "loss_reason_detail": string | null;
          "lost_at": string | null;
          "qualified_at": string | null;
          "silent_on": string | null;
          "source": string | null;
          "status": string;
          "status_changed_at": string | null;
          "time_to_action_minutes": number | null;
          "total_messages_received": number;
          "total_messages_sent": number;
          "updated_at": string;
          "user_id_instagram": string | null;
          "won_at": string | null;
        };
        SetofOptions: {
          from: "*";
          to: "leads";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "update_settings": {
        Args: { "coach_id"?: string; "settings": Json };
        Returns: {
          "acquisition_cost_per_lead": number | null;
          "ai_efficiency_pct": number;
          "coach_id": string;
          "email_estimate_pct": number;
          "followup_after_days": number;
          "hours_saved_monthly": number;
          "lead_magnet_estimate_pct": number;
          "no_show_estimate_pct": number;
          "relance_high_after_days": number;
          "updated_at": string;
        };
        SetofOptions: {
          from: "*";
          to: "coach_settings";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof (
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
    )
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals } ? (
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
  )[TableName] extends {
    Row: infer R;
  } ? R
  : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R;
    } ? R
    : never
  : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends
    {
      Insert: infer I;
    } ? I
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I;
    } ? I
    : never
  : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends
    {
      Update: infer U;
    } ? U
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U;
    } ? U
    : never
  : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][
    CompositeTypeName
  ]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never;

export const Constants = {
  "public": {
    Enums: {},
  },
} as const;
